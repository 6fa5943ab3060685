"""Events are stored once each, opened for their own customer, and queued for indexing."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from tests.fakes.clock import SteppableClock

from assistant.core.errors import SealBroken
from assistant.core.events import HistoryEvent, IncomingEvent
from assistant.core.ids import CustomerId
from assistant.store.engine import Connection, Database
from assistant.store.events import EventOutcome, EventRepository
from assistant.store.history_blocks import HistoryBlock, HistoryBlockRepository
from assistant.vault.vault import Vault

Batch = Sequence[tuple[CustomerId, IncomingEvent]]
Add = Callable[[Batch], list[str]]


def event(
    number: int, *, category: str = "orders", order: str | None = None, day: int = 1
) -> IncomingEvent:
    return IncomingEvent(
        source="shop",
        id=f"order-{number}",
        type="order.placed",
        time=datetime(2026, 2, day, tzinfo=UTC),
        subject="ada@mail.example",
        category=category,
        data={"order_id": order or f"W{number}", "items": [{"name": "Alder kettle"}]},
        rendering=f"You ordered an Alder kettle (order W{number})",
    )


@pytest.fixture
def events(vault: Vault) -> EventRepository:
    return EventRepository(vault=vault)


@pytest.fixture
def blocks(vault: Vault) -> HistoryBlockRepository:
    return HistoryBlockRepository(vault=vault)


@pytest.fixture
def add(database: Database, events: EventRepository, clock: SteppableClock) -> Add:
    """Store a batch and return what became of each event."""

    def store(batch: Batch) -> list[str]:
        outcomes: Sequence[EventOutcome] = database.write_now(
            lambda c: events.add_events(c, batch, at=clock())
        )
        return [outcome.result for outcome in outcomes]

    return store


def test_a_stored_event_opens_as_it_came(
    database: Database, events: EventRepository, ada: CustomerId, add: Add
) -> None:
    add([(ada, event(1))])

    (opened,) = database.read_now(lambda c: events.list_events(c, ada, categories={"orders"}))
    sent = event(1)
    assert opened == HistoryEvent(
        event_id=opened.event_id,
        source=sent.source,
        id=sent.id,
        type=sent.type,
        time=sent.time,
        category=sent.category,
        data=sent.data,
        rendering=sent.rendering,
    )
    assert opened.ref == "shop#order-1"


def test_the_same_event_is_a_duplicate_and_other_content_a_conflict(
    ada: CustomerId, ben: CustomerId, add: Add
) -> None:
    assert add([(ada, event(1))]) == ["stored"]
    assert add([(ada, event(1)), (ada, event(1, order="W9")), (ben, event(1))]) == [
        "duplicate",
        "conflict",
        "stored",
    ]
    assert add([(ada, event(1, day=2))]) == ["conflict"]


def test_a_batch_is_compared_with_itself(ada: CustomerId, add: Add) -> None:
    batch = [(ada, event(1)), (ada, event(1)), (ada, event(1, order="W9")), (ada, event(2))]

    assert add(batch) == ["stored", "duplicate", "conflict", "stored"]


def test_what_a_newer_pack_calls_it_makes_no_conflict(ada: CustomerId, add: Add) -> None:
    add([(ada, event(1))])

    assert add([(ada, event(1, category="browsing"))]) == ["duplicate"]


def test_a_large_batch_is_stored_whole(
    database: Database, events: EventRepository, ada: CustomerId, add: Add
) -> None:
    batch = [(ada, event(number)) for number in range(1200)]

    assert add(batch) == ["stored"] * 1200
    assert add(batch) == ["duplicate"] * 1200
    assert database.read_now(events.count_events) == 1200


async def test_the_same_batch_from_many_senders_at_once_is_stored_once(
    database: Database, events: EventRepository, ada: CustomerId, clock: SteppableClock
) -> None:
    batch = [(ada, event(number)) for number in range(20)]

    outcomes = await asyncio.gather(
        *(database.write(lambda c: events.add_events(c, batch, at=clock())) for _ in range(8))
    )

    results = [outcome.result for batch_outcomes in outcomes for outcome in batch_outcomes]
    assert (results.count("stored"), results.count("duplicate")) == (20, 140)
    assert len({outcome.event_id for many in outcomes for outcome in many}) == 20


def test_events_are_listed_by_category_by_page_and_by_id(
    database: Database, events: EventRepository, ada: CustomerId, ben: CustomerId, add: Add
) -> None:
    add([(ada, event(1)), (ada, event(2, category="browsing")), (ada, event(3))])
    add([(ben, event(4))])

    def listed(connection: Connection) -> list[list[str]]:
        ids = events.list_event_ids(connection, ada)
        others = events.list_event_ids(connection, ben)
        return [
            _ids(events.list_events(connection, ada, categories={"orders"})),
            _ids(events.list_events(connection, ada, categories=set())),
            _ids(
                events.list_events_after(
                    connection, ada, categories={"orders", "browsing"}, after=ids[0], limit=1
                )
            ),
            _ids(events.list_events_by_id(connection, ada, [ids[2], others[0]])),
        ]

    assert database.read_now(listed) == [["order-1", "order-3"], [], ["order-2"], ["order-3"]]


def test_an_event_moved_to_another_row_does_not_open(
    database: Database, events: EventRepository, ada: CustomerId, add: Add
) -> None:
    add([(ada, event(1)), (ada, event(2))])
    swap = text(
        "UPDATE events SET sealed = "
        "(SELECT o.sealed FROM events o WHERE o.event_id <> events.event_id)"
    )
    database.write_now(lambda c: c.execute(swap))

    with pytest.raises(SealBroken):
        database.read_now(lambda c: events.list_events(c, ada, categories={"orders"}))


def test_new_events_wait_for_indexing_until_a_block_covers_them(
    database: Database, blocks: HistoryBlockRepository, ada: CustomerId, add: Add
) -> None:
    add([(ada, event(1))])
    (waiting,) = database.read_now(lambda c: blocks.list_waiting(c, limit=10))
    add([(ada, event(2))])

    database.write_now(lambda c: blocks.settle(c, waiting))
    (still,) = database.read_now(lambda c: blocks.list_waiting(c, limit=10))
    database.write_now(lambda c: blocks.settle(c, still))

    assert (waiting.customer_id, still.customer_id) == (ada, ada)
    assert database.read_now(lambda c: blocks.list_waiting(c, limit=10)) == []


def test_one_customer_is_found_on_the_queue_and_no_other(
    database: Database, blocks: HistoryBlockRepository, ada: CustomerId, add: Add
) -> None:
    add([(ada, event(1))])

    own = database.read_now(lambda c: blocks.find_waiting(c, ada))
    other = database.read_now(lambda c: blocks.find_waiting(c, "somebody-else"))

    assert own is not None
    assert own.customer_id == ada
    assert other is None


def test_a_duplicate_does_not_wait_for_indexing(
    database: Database, blocks: HistoryBlockRepository, ada: CustomerId, add: Add
) -> None:
    add([(ada, event(1))])
    (waiting,) = database.read_now(lambda c: blocks.list_waiting(c, limit=10))
    database.write_now(lambda c: blocks.settle(c, waiting))

    add([(ada, event(1))])

    assert database.read_now(lambda c: blocks.list_waiting(c, limit=10)) == []


def test_a_block_is_replaced_only_by_the_version_that_follows_it(
    database: Database, blocks: HistoryBlockRepository, ada: CustomerId
) -> None:
    def save(version: int, packed: bytes) -> bool:
        block = HistoryBlock(version, "hashing-64", "e1", 1, packed)
        return database.write_now(lambda c: blocks.save_block(c, ada, block))

    assert save(1, b"first")
    assert not save(1, b"late first")
    assert save(2, b"second")
    assert not save(2, b"late second")

    found = database.read_now(lambda c: blocks.find_block(c, ada))
    assert found == HistoryBlock(2, "hashing-64", "e1", 1, b"second")
    assert database.read_now(lambda c: blocks.find_version(c, ada)) == 2


def test_blocks_of_another_embedder_are_queued(
    database: Database, blocks: HistoryBlockRepository, ada: CustomerId
) -> None:
    block = HistoryBlock(1, "old model", "e1", 1, b"x")
    database.write_now(lambda c: blocks.save_block(c, ada, block))

    assert database.write_now(lambda c: blocks.queue_other_embedders(c, "new model")) == 1
    assert database.write_now(lambda c: blocks.queue_other_embedders(c, "old model")) == 0
    (waiting,) = database.read_now(lambda c: blocks.list_waiting(c, limit=10))
    assert waiting.customer_id == ada


def test_a_customer_without_a_block_has_none(
    database: Database, blocks: HistoryBlockRepository, ada: CustomerId
) -> None:
    assert database.read_now(lambda c: blocks.find_block(c, ada)) is None
    assert database.read_now(lambda c: blocks.find_version(c, ada)) is None


def _ids(events: Sequence[HistoryEvent]) -> list[str]:
    return [one.id for one in events]
