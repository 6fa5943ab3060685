"""Workers on a real database and a real index: what is stored is indexed, what breaks is mended."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.fakes.clock import SteppableClock
from tests.fakes.embedder import HashingEmbedder
from tests.waiting import until

from assistant.adapters.local_message_bus import LocalMessageBus
from assistant.core.events import IncomingEvent
from assistant.core.ids import CustomerId
from assistant.core.message_bus import Topic
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.history_indexing import HistoryIndexer
from assistant.retrieval.indexing import IndexBuilder
from assistant.retrieval.knowledge_store import KnowledgeStore
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.store.events import EventRepository
from assistant.store.history_blocks import HistoryBlockRepository
from assistant.vault.vault import Vault
from assistant.workers.history_worker import HistoryWorker
from assistant.workers.knowledge_worker import KnowledgeWorker
from assistant.workers.supervised_loop import SupervisedLoop
from assistant.workers.worker_group import WorkerGroup

NEVER = 3_600.0
"""A period that ends in no test: only a wake-up brings the work."""


class GatedEmbedder(HashingEmbedder):
    """A cheap embedder that a test can hold up, as a slow machine would."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()

    def encode(self, texts: Sequence[str]) -> Vectors:
        assert self.gate.wait(timeout=30)
        return super().encode(texts)


@pytest.fixture
def embedder() -> GatedEmbedder:
    return GatedEmbedder()


@pytest.fixture
async def encoding(embedder: GatedEmbedder) -> AsyncIterator[EncodingService]:
    encoding = EncodingService(embedder=embedder)
    yield encoding
    embedder.gate.set()
    encoding.close()


@pytest.fixture
async def bus() -> AsyncIterator[LocalMessageBus]:
    bus = LocalMessageBus()
    await bus.start()
    yield bus
    await bus.close()


@dataclass(frozen=True)
class History:
    """One customer's history, as far as a test of its indexing needs it."""

    database: Database
    events: EventRepository
    blocks: HistoryBlockRepository
    customer_id: CustomerId

    async def store(self, *numbers: int) -> None:
        batch = [(self.customer_id, purchase(number)) for number in numbers]
        now = datetime(2026, 3, 2, tzinfo=UTC)
        await self.database.write(lambda c: self.events.add_events(c, batch, at=now))

    def items(self) -> int:
        """Return how many events the customer's block holds."""
        block = self.database.read_now(lambda c: self.blocks.find_block(c, self.customer_id))
        return block.items if block else 0


@pytest.fixture
def history(sqlite_database: Database, vault: Vault, clock: SteppableClock) -> History:
    customers = CustomerRepository(vault=vault)
    ada = sqlite_database.write_now(
        lambda c: customers.get_or_create_customer(c, "ada@mail.example", at=clock())
    )
    return History(
        sqlite_database,
        EventRepository(vault=vault),
        HistoryBlockRepository(vault=vault),
        ada.customer_id,
    )


def purchase(number: int) -> IncomingEvent:
    return IncomingEvent(
        source="shop",
        id=f"order-{number}",
        type="order.placed",
        time=datetime(2026, 2, 1, tzinfo=UTC),
        subject="ada@mail.example",
        category="orders",
        data={"order_id": f"W{number}"},
        rendering=f"You ordered an Alder kettle (order W{number})",
    )


def history_loop(
    history: History, encoding: EncodingService, clock: SteppableClock
) -> SupervisedLoop:
    indexer = HistoryIndexer(
        database=history.database, events=history.events, blocks=history.blocks, encoding=encoding
    )
    worker = HistoryWorker(indexer=indexer, clock=clock)
    return SupervisedLoop(name="history", work=worker.work, topic=Topic.HISTORY, period=NEVER)


async def test_stored_events_are_indexed_after_a_wake_up(
    history: History, encoding: EncodingService, bus: LocalMessageBus, clock: SteppableClock
) -> None:
    group = WorkerGroup(bus=bus, loops=[history_loop(history, encoding, clock)])
    await history.store(1)
    group.start()
    await until(lambda: history.items() == 1)

    await history.store(2, 3)
    bus.publish(Topic.HISTORY)

    await until(lambda: history.items() == 3)
    await group.stop()


async def test_workers_that_race_leave_one_whole_block(
    history: History, encoding: EncodingService, bus: LocalMessageBus, clock: SteppableClock
) -> None:
    loops = [history_loop(history, encoding, clock) for _ in range(3)]
    group = WorkerGroup(bus=bus, loops=loops)
    group.start()

    for number in range(10):
        await history.store(number)
        bus.publish(Topic.HISTORY)

    await until(lambda: history.items() == 10)
    assert [loop.failures for loop in loops] == [0, 0, 0]
    await group.stop()


@dataclass(frozen=True)
class Knowledge:
    """A small folder of articles, its index, and the loop that keeps it."""

    index_folder: Path
    builder: IndexBuilder
    store: KnowledgeStore
    articles: Path
    group: WorkerGroup

    def damage(self) -> None:
        """Flip a bit in each file of the generation built last, as a failing disk would."""
        generation = (self.index_folder / "CURRENT").read_text("ascii").split()[0]
        for path in (self.index_folder / generation).rglob("*"):
            if path.is_file():
                content = bytearray(path.read_bytes())
                content[len(content) // 2] ^= 1
                path.write_bytes(content)


@pytest.fixture
async def knowledge(
    tmp_path: Path, encoding: EncodingService, bus: LocalMessageBus
) -> AsyncIterator[Knowledge]:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "returns.md").write_text("# Returns\n\nBring it back within 30 days.\n")
    (articles / "kettles.md").write_text("# Kettles\n\nDescale a kettle with vinegar.\n")
    folder = tmp_path / "index"
    builder = IndexBuilder(folder=folder, encoding=encoding)
    store = KnowledgeStore(folder=folder, embedder=encoding.identity)
    clock = SteppableClock()
    worker = KnowledgeWorker(
        store=store, builder=builder, knowledge=lambda: articles, bus=bus, clock=clock
    )
    loop = SupervisedLoop(name="knowledge", work=worker.work, topic=Topic.KNOWLEDGE, period=0.02)
    group = WorkerGroup(bus=bus, loops=[loop])
    yield Knowledge(folder, builder, store, articles, group)
    await group.stop()


def search(store: KnowledgeStore, vector: Vectors) -> str:
    index = store.current()
    assert index is not None
    rows, _ = index.vector_arm(vector, 1)
    return index.passages[rows[0]].text


async def served(knowledge: Knowledge, is_other: Callable[[str], bool] = bool) -> str:
    """Wait until a sound index serves, and return its generation."""
    store = knowledge.store

    def is_sound() -> bool:
        index = store.current()
        return index is not None and not store.degraded and is_other(index.generation)

    await until(is_sound)
    index = store.current()
    assert index is not None
    return index.generation


async def test_missing_index_is_built(knowledge: Knowledge, encoding: EncodingService) -> None:
    knowledge.group.start()

    await served(knowledge)

    question = (await encoding.encode(["descale a kettle"]))[0]
    assert "vinegar" in search(knowledge.store, question)


async def test_damaged_index_is_rebuilt_while_searches_go_on(
    knowledge: Knowledge, embedder: GatedEmbedder, encoding: EncodingService
) -> None:
    knowledge.group.start()
    first = await served(knowledge)
    question = (await encoding.encode(["descale a kettle"]))[0]

    embedder.gate.clear()
    knowledge.damage()
    await until(lambda: knowledge.store.degraded)
    for _ in range(20):
        assert "vinegar" in search(knowledge.store, question)
        await asyncio.sleep(0.005)
    assert knowledge.store.degraded
    embedder.gate.set()

    await served(knowledge, lambda generation: generation != first)
    assert "vinegar" in search(knowledge.store, question)


async def test_damage_without_an_index_in_memory_is_mended_too(knowledge: Knowledge) -> None:
    built = await asyncio.to_thread(knowledge.builder.build, knowledge.articles)
    knowledge.damage()

    knowledge.group.start()

    await served(knowledge, lambda generation: generation != built.generation)


async def test_generation_of_another_process_is_served(knowledge: Knowledge) -> None:
    knowledge.group.start()
    first = await served(knowledge)

    (knowledge.articles / "bread.md").write_text("# Bread\n\nBread keeps three days.\n")
    await asyncio.to_thread(knowledge.builder.build, knowledge.articles)

    await served(knowledge, lambda generation: generation != first)
