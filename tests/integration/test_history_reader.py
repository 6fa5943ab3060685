from dataclasses import dataclass
from datetime import datetime

import pytest
from tests.fakes.clock import SteppableClock
from tests.fakes.embedder import HashingEmbedder
from tests.history_parts import START, event, story

from assistant.core.actor import Role
from assistant.core.events import HistoryEvent, IncomingEvent
from assistant.core.ids import CustomerId
from assistant.profile.consent.grants import _GATE, Grant
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.history_indexing import HistoryIndexer
from assistant.retrieval.history_ranking import HistoryQuestion
from assistant.retrieval.history_reader import HistoryReader
from assistant.store.access_log import AccessLogRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.store.events import EventRepository
from assistant.store.history_blocks import HistoryBlockRepository
from assistant.vault.vault import Vault

PURPOSE = "answer_from_history"


@dataclass
class History:
    """A reader and an indexer over one database, with one customer."""

    database: Database
    events: EventRepository
    reader: HistoryReader
    indexer: HistoryIndexer
    embedder: HashingEmbedder
    customer_id: CustomerId
    now: datetime

    def add(self, *events: HistoryEvent) -> None:
        incoming = [(self.customer_id, _incoming(each)) for each in events]
        self.database.write_now(lambda c: self.events.add_events(c, incoming, at=self.now))

    def index(self) -> list[bool]:
        waiting = self.database.read_now(lambda c: self.indexer._blocks.list_waiting(c, limit=9))
        return [self.indexer.index_now(each) for each in waiting]

    def open(self, *categories: str) -> "set[str]":
        """Return the types of the events that a grant for ``categories`` shows."""
        return {each.type for each in self.opened(*categories).events}

    def opened(self, *categories: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 -- short
        grant = Grant(
            CustomerId(self.customer_id), PURPOSE, frozenset(categories), 1, Role.ASSISTANT, _GATE
        )
        return self.database.read_now(lambda c: self.reader.open(c, grant))


def _incoming(each: HistoryEvent) -> IncomingEvent:
    return IncomingEvent(
        source=each.source,
        id=each.id,
        type=each.type,
        time=each.time,
        subject="somebody",
        category=each.category,
        data=each.data,
        rendering=each.rendering,
    )


@pytest.fixture
def history(database: Database, vault: Vault, clock: SteppableClock) -> History:
    embedder = HashingEmbedder()
    encoding = EncodingService(embedder=embedder, cache_size=0)
    events, blocks = EventRepository(vault=vault), HistoryBlockRepository(vault=vault)
    customers = CustomerRepository(vault=vault)
    customer = database.write_now(
        lambda c: customers.get_or_create_customer(c, "wren@example.example", at=clock())
    )
    return History(
        database=database,
        events=events,
        reader=HistoryReader(events=events, blocks=blocks, embedder=embedder.identity),
        indexer=HistoryIndexer(database=database, events=events, blocks=blocks, encoding=encoding),
        embedder=embedder,
        customer_id=customer.customer_id,
        now=clock(),
    )


def test_grant_decides_what_is_shown(history: History) -> None:
    history.add(*story())

    before_indexing = history.open("orders")
    history.index()

    assert history.open("orders") == before_indexing
    assert history.open("browsing") == {"page.viewed"}
    assert history.open("calls", "browsing") == {"page.viewed", "call.completed"}
    assert history.open() == set()


def test_narrower_grant_after_a_wider_one_shows_less(history: History) -> None:
    history.add(*story())
    history.index()
    wide = history.opened("orders", "support_cases")
    assert wide.records.cases

    narrow = history.opened("support_cases")

    assert narrow.records.orders == ()
    assert {hit.event.category for hit in narrow.rank(_question("W1 kettle")).events} == {
        "support_cases"
    }


def test_events_after_indexing_are_seen_at_once(history: History) -> None:
    history.add(*story())
    history.index()

    history.add(event("order.placed", day=20, order_id="W7", items=[]))

    assert history.opened("orders").records.find_order("W7") is not None


def test_indexing_gives_every_event_a_vector_and_embeds_each_once(history: History) -> None:
    history.add(*story())

    assert history.index() == [True]
    first = list(history.embedder.encoded)
    history.add(event("order.placed", day=20, order_id="W7"))
    assert history.index() == [True]

    assert history.opened("orders").view.has_vector.all()
    assert len(first) == len(story())
    assert len(history.embedder.encoded) == len(story()) + 1


def test_second_worker_with_the_same_work_changes_nothing(history: History) -> None:
    history.add(*story())
    (waiting,) = history.database.read_now(
        lambda c: history.indexer._blocks.list_waiting(c, limit=9)
    )
    work = history.indexer._read
    read = history.database.read_now(lambda c: work(c, waiting.customer_id))
    block = history.indexer._pack(read, history.embedder.encode([e.rendering for e in read.added]))

    first = history.database.write_now(lambda c: history.indexer._write(c, waiting, block, read))
    second = history.database.write_now(lambda c: history.indexer._write(c, waiting, block, read))

    assert (first, second) == (True, False)


def test_every_indexing_is_in_the_customers_access_log(history: History) -> None:
    history.add(*story())
    history.index()
    history.add(event("order.placed", day=20, order_id="W7"))
    history.index()

    log = AccessLogRepository()
    (again, first) = history.database.read_now(lambda c: log.list_accesses(c, history.customer_id))

    assert (first.role, first.actor, first.reading) == (
        Role.WORKER,
        "history-indexing",
        "indexing",
    )
    assert (first.items, again.items) == (len(story()), len(story()) + 1)
    assert first.categories == {item.category for item in story()}
    assert first.item_ids == ()


def test_no_history_is_indexed_where_the_reading_cannot_be_logged(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the log is full")

    history.add(*story())
    monkeypatch.setattr(AccessLogRepository, "add_access", fail)

    with pytest.raises(OSError, match="the log is full"):
        history.index()

    version = history.database.read_now(
        lambda c: history.indexer._blocks.find_version(c, history.customer_id)
    )
    assert version is None


def test_other_model_makes_the_block_anew(history: History) -> None:
    history.add(*story())
    history.index()
    other = HashingEmbedder(dimensions=32)
    encoding = EncodingService(embedder=other)
    indexer = HistoryIndexer(
        database=history.database,
        events=history.events,
        blocks=history.indexer._blocks,
        encoding=encoding,
    )
    with_old = History(**{**vars(history), "reader": _reader(history, other)})
    assert not with_old.opened("orders").view.has_vector.any()

    history.database.write_now(lambda c: indexer._blocks.queue_other_embedders(c, other.identity))
    (waiting,) = history.database.read_now(lambda c: indexer._blocks.list_waiting(c, limit=9))
    assert indexer.index_now(waiting)

    view = with_old.opened("orders").view
    assert view.has_vector.all()
    assert view.vectors.shape[1] == 32


def test_forgotten_customer_is_opened_again(history: History) -> None:
    history.add(*story())
    history.index()
    before = history.opened("orders").view
    assert history.opened("orders").view is before

    history.reader.forget(history.customer_id)

    after = history.opened("orders").view
    assert after is not before
    assert after.events == before.events


async def test_indexing_on_the_event_loop_is_the_same(history: History) -> None:
    history.add(*story())

    (waiting,) = await history.indexer.list_waiting()
    done = await history.indexer.index(waiting)

    assert done
    assert list(await history.indexer.list_waiting()) == []
    assert await history.indexer.queue_other_embedders() == 0


def _question(text: str) -> HistoryQuestion:
    return HistoryQuestion(text, START)


def _reader(history: History, embedder: HashingEmbedder) -> HistoryReader:
    return HistoryReader(
        events=history.events, blocks=history.indexer._blocks, embedder=embedder.identity
    )
