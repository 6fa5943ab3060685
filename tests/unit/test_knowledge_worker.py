"""The knowledge worker looks for new generations and rebuilds only where nothing sound is."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import structlog
from tests.fakes.clock import SteppableClock

from assistant.core.errors import AssistantError, ConfigurationError, IndexDamaged
from assistant.core.message_bus import Topic
from assistant.retrieval.indexing import IndexReport
from assistant.workers.knowledge_worker import KnowledgeWorker

FOLDER = Path("articles")


@dataclass
class FakeIndex:
    generation: str = "g1"
    passages: tuple[str, ...] = ()


@dataclass
class FakeStore:
    """Stands in for ``retrieval.knowledge_store.KnowledgeStore``."""

    index: FakeIndex | None = field(default_factory=FakeIndex)
    problem: AssistantError | None = None
    repairs: Callable[[], None] = lambda: None
    refreshes: int = 0
    rebuilds: list[Path] = field(default_factory=list)
    threads: set[threading.Thread] = field(default_factory=set)

    def current(self) -> FakeIndex | None:
        return self.index

    def refresh(self) -> bool:
        self.threads.add(threading.current_thread())
        self.refreshes += 1
        return self.refreshes == 1

    def rebuild(self, builder: object, knowledge: Path) -> IndexReport:
        self.threads.add(threading.current_thread())
        self.rebuilds.append(knowledge)
        self.repairs()
        return IndexReport("g2", True, 1, 1, 1, 1, (), 0.1)  # noqa: FBT003  # as the report has it

    def repair(self) -> None:
        self.index, self.problem = FakeIndex("g2"), None


@dataclass
class RecordingBus:
    """Fulfils what a worker needs of ``MessageBus``."""

    published: list[Topic] = field(default_factory=list)

    def publish(self, topic: Topic) -> None:
        self.published.append(topic)


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@pytest.fixture
def worker(store: FakeStore, bus: RecordingBus, clock: SteppableClock) -> KnowledgeWorker:
    return KnowledgeWorker(
        store=store, builder=object(), knowledge=lambda: FOLDER, bus=bus, clock=clock
    )


def damage() -> IndexDamaged:
    return IndexDamaged("the knowledge index is damaged: vectors was altered")


async def test_sound_index_is_looked_at_and_left_alone(
    worker: KnowledgeWorker, store: FakeStore
) -> None:
    assert [await worker.work(), await worker.work()] == [False, False]
    assert store.refreshes == 2
    assert store.rebuilds == []


async def test_files_are_read_and_built_off_the_event_loop(
    worker: KnowledgeWorker, store: FakeStore
) -> None:
    store.index = None

    await worker.work()

    assert store.rebuilds == [FOLDER]
    assert threading.current_thread() not in store.threads


@pytest.mark.parametrize("index", [FakeIndex(), None])
async def test_damaged_index_is_rebuilt_and_the_others_are_told(
    worker: KnowledgeWorker, store: FakeStore, bus: RecordingBus, index: FakeIndex | None
) -> None:
    store.index, store.problem, store.repairs = index, damage(), store.repair

    await worker.work()
    await worker.work()

    assert store.rebuilds == [FOLDER]
    assert bus.published == [Topic.KNOWLEDGE]


async def test_rebuild_reads_what_was_indexed_last(
    store: FakeStore, bus: RecordingBus, clock: SteppableClock
) -> None:
    source = [FOLDER]
    worker = KnowledgeWorker(
        store=store, builder=object(), knowledge=lambda: source[-1], bus=bus, clock=clock
    )
    source.append(Path("handbook"))
    store.index, store.problem = None, damage()

    await worker.work()

    assert store.rebuilds == [Path("handbook")]


async def test_index_of_another_embedder_is_left_alone_while_an_older_one_serves(
    worker: KnowledgeWorker, store: FakeStore
) -> None:
    store.problem = ConfigurationError("the knowledge index was built with another embedder")

    await worker.work()
    assert store.rebuilds == []

    store.index = None
    await worker.work()
    assert store.rebuilds == [FOLDER]


async def test_rebuild_that_does_not_help_is_repeated_ever_more_rarely(
    worker: KnowledgeWorker, store: FakeStore, clock: SteppableClock
) -> None:
    store.index, store.problem = None, damage()

    tries = []
    for _ in range(80):
        before = len(store.rebuilds)
        await worker.work()
        tries.append(len(store.rebuilds) > before)
        clock.advance(seconds=2)

    assert [second * 2 for second, tried in enumerate(tries) if tried] == [0, 10, 30, 70, 150]
    assert store.refreshes == 80


async def test_damage_after_a_repair_is_repaired_at_once(
    worker: KnowledgeWorker, store: FakeStore, clock: SteppableClock
) -> None:
    store.problem, store.repairs = damage(), store.repair
    await worker.work()
    await worker.work()

    store.problem = damage()
    await worker.work()

    assert len(store.rebuilds) == 2


async def test_failing_rebuild_does_not_stop_the_looking(
    worker: KnowledgeWorker, store: FakeStore, bus: RecordingBus
) -> None:
    def fail() -> None:
        raise ConfigurationError("there is no folder 'articles'")

    store.index, store.repairs = None, fail

    with structlog.testing.capture_logs() as lines:
        await worker.work()
        await worker.work()

    failures = [line for line in lines if line["event"] == "knowledge_rebuild_failed"]
    assert [line["reason"] for line in failures] == ["there is no folder 'articles'"]
    assert store.refreshes == 2
    assert bus.published == []


async def test_problem_is_logged_once(worker: KnowledgeWorker, store: FakeStore) -> None:
    store.problem = damage()

    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            await worker.work()

    assert [line["event"] for line in lines].count("knowledge_degraded") == 1


async def test_unforeseen_failure_is_logged_by_its_class(
    worker: KnowledgeWorker, store: FakeStore
) -> None:
    def fail() -> None:
        raise OSError("what a disk says")

    store.index, store.repairs = None, fail

    with structlog.testing.capture_logs() as lines:
        await worker.work()

    assert lines[-1]["error"] == "OSError"
    assert "what a disk says" not in str(lines)
