"""The history worker indexes everybody who waits, and nobody stands in another's way."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
import structlog
from tests.fakes.clock import SteppableClock

from assistant.core.errors import Overloaded, SealBroken, StaleDataKey
from assistant.core.ids import CustomerId
from assistant.store.history_blocks import Waiting
from assistant.workers.history_worker import HistoryWorker


@dataclass
class FakeIndexer:
    """Stands in for ``retrieval.history_indexing.HistoryIndexer``; the queue is a list."""

    waiting: list[str] = field(default_factory=list)
    failing: dict[str, Exception] = field(default_factory=dict)
    overtaken: set[str] = field(default_factory=set)
    indexed: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    others: int = 0
    checks: int = 0

    async def list_waiting(self, *, limit: int) -> Sequence[Waiting]:
        return [Waiting(CustomerId(name), 1) for name in sorted(self.waiting)[:limit]]

    async def queue_other_embedders(self) -> int:
        self.checks += 1
        return self.others

    async def index(self, waiting: Waiting) -> bool:
        name = waiting.customer_id
        self.tried.append(name)
        if name in self.failing:
            raise self.failing[name]
        if name in self.overtaken:
            return False
        self.waiting.remove(name)
        self.indexed.append(name)
        return True


@pytest.fixture
def indexer() -> FakeIndexer:
    return FakeIndexer()


def make_worker(indexer: FakeIndexer, clock: SteppableClock, batch: int = 2) -> HistoryWorker:
    return HistoryWorker(indexer=indexer, clock=clock, batch=batch)


async def test_everybody_who_waits_is_indexed_in_batches(
    indexer: FakeIndexer, clock: SteppableClock
) -> None:
    indexer.waiting = ["ada", "ben", "cleo"]
    worker = make_worker(indexer, clock)

    more = [await worker.work(), await worker.work()]

    assert more == [True, False]
    assert indexer.indexed == ["ada", "ben", "cleo"]


async def test_blocks_of_other_embedders_are_queued_once(
    indexer: FakeIndexer, clock: SteppableClock
) -> None:
    worker = make_worker(indexer, clock)
    indexer.others = 3

    with structlog.testing.capture_logs() as lines:
        await worker.work()
        await worker.work()

    assert indexer.checks == 1
    assert [line["customers"] for line in lines] == [3]


async def test_customer_who_cannot_be_indexed_stands_in_nobodys_way(
    indexer: FakeIndexer, clock: SteppableClock
) -> None:
    broken = [f"a{n}" for n in range(5)]
    indexer.waiting = [*broken, "zoe"]
    indexer.failing = {name: SealBroken("sealed with another key") for name in broken}
    worker = make_worker(indexer, clock)

    for _ in range(6):
        await worker.work()

    assert indexer.indexed == ["zoe"]
    assert indexer.tried.count("a0") == 1


async def test_nobody_waits_for_a_customer_who_is_being_erased(
    indexer: FakeIndexer, clock: SteppableClock
) -> None:
    indexer.waiting = ["ada", "zoe"]
    indexer.failing = {"ada": StaleDataKey("the data key changes")}

    await make_worker(indexer, clock).work()

    assert indexer.indexed == ["zoe"]


async def test_customer_set_aside_is_tried_again_ever_more_rarely(
    indexer: FakeIndexer, clock: SteppableClock
) -> None:
    indexer.waiting = ["ada"]
    indexer.failing = {"ada": SealBroken("sealed with another key")}
    worker = make_worker(indexer, clock)

    tries = []
    for _ in range(60):
        before = len(indexer.tried)
        await worker.work()
        tries.append(len(indexer.tried) > before)
        clock.advance(seconds=5)

    assert [second * 5 for second, tried in enumerate(tries) if tried] == [0, 5, 15, 35, 75, 155]


async def test_customer_who_can_be_indexed_again_leaves_no_trace(
    indexer: FakeIndexer, clock: SteppableClock
) -> None:
    indexer.waiting = ["ada"]
    indexer.failing = {"ada": SealBroken("sealed with another key")}
    worker = make_worker(indexer, clock)
    await worker.work()

    indexer.failing.clear()
    clock.advance(seconds=5)
    await worker.work()

    assert indexer.indexed == ["ada"]
    assert worker._set_aside == {}


async def test_erased_customer_is_forgotten(indexer: FakeIndexer, clock: SteppableClock) -> None:
    indexer.waiting = ["ada"]
    indexer.failing = {"ada": SealBroken("sealed with another key")}
    worker = make_worker(indexer, clock)
    await worker.work()

    indexer.waiting.clear()
    await worker.work()

    assert worker._set_aside == {}


async def test_failure_is_logged_without_what_its_message_quotes(
    indexer: FakeIndexer, clock: SteppableClock
) -> None:
    indexer.waiting = ["0190-ada"]
    indexer.failing = {"0190-ada": ValueError("a kettle for Ada Alder")}

    with structlog.testing.capture_logs() as lines:
        await make_worker(indexer, clock).work()

    assert [(line["event"], line["error"]) for line in lines] == [
        ("history_not_indexed", "ValueError")
    ]
    assert "kettle" not in str(lines)


async def test_overload_is_nobodys_fault(indexer: FakeIndexer, clock: SteppableClock) -> None:
    indexer.waiting = ["ada"]
    indexer.failing = {"ada": Overloaded("too many texts are waiting to be encoded")}
    worker = make_worker(indexer, clock)

    with pytest.raises(Overloaded):
        await worker.work()
    indexer.failing.clear()
    await worker.work()

    assert indexer.indexed == ["ada"]


async def test_cancellation_passes_through(indexer: FakeIndexer, clock: SteppableClock) -> None:
    async def index(waiting: Waiting) -> bool:
        raise asyncio.CancelledError

    indexer.waiting = ["ada"]
    indexer.index = index  # type: ignore[method-assign]

    with pytest.raises(asyncio.CancelledError):
        await make_worker(indexer, clock).work()


async def test_losing_every_race_does_not_spin(indexer: FakeIndexer, clock: SteppableClock) -> None:
    indexer.waiting = ["ada", "ben"]
    indexer.overtaken = {"ada", "ben"}

    assert await make_worker(indexer, clock).work() is False
