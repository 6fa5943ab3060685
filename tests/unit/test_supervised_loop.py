"""A supervised loop works when woken or due, outlives failures, and stops when it is told to."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import structlog
from tests.waiting import turns_of_the_loop, until

from assistant.adapters.local_message_bus import LocalMessageBus
from assistant.core.backoff import Backoff
from assistant.core.message_bus import Topic
from assistant.workers.supervised_loop import SupervisedLoop, Work
from assistant.workers.worker_group import WorkerGroup

LONG = 60.0
"""A period or pause that no test lives through."""


class Steps:
    """Work that does as the script says: True, False, or an exception; then False for ever."""

    def __init__(self, script: Sequence[bool | BaseException] = ()) -> None:
        self._script = list(script)
        self.runs = 0

    async def __call__(self) -> bool:
        self.runs += 1
        step = self._script.pop(0) if self._script else False
        if isinstance(step, BaseException):
            raise step
        return step

    async def ran(self, times: int) -> None:
        await until(lambda: self.runs >= times)


class Loops:
    """Makes loops and stops them at the end of the test."""

    def __init__(self) -> None:
        self.started: list[SupervisedLoop] = []

    def start(
        self, work: Work, *, period: float = LONG, pause: float = LONG, grace: float = 1.0
    ) -> SupervisedLoop:
        loop = SupervisedLoop(
            name="tested",
            work=work,
            period=period,
            backoff=Backoff(first=pause, longest=pause),
            grace=grace,
        )
        loop.start()
        self.started.append(loop)
        return loop


@pytest.fixture
async def loops() -> AsyncIterator[Loops]:
    loops = Loops()
    yield loops
    for loop in loops.started:
        await loop.stop()


async def test_work_begins_at_the_start(loops: Loops) -> None:
    work = Steps()
    loops.start(work)
    await work.ran(1)


async def test_more_to_do_is_done_at_once(loops: Loops) -> None:
    work = Steps([True, True, True, False])
    loops.start(work)

    await work.ran(4)
    await turns_of_the_loop()

    assert work.runs == 4


async def test_endless_work_leaves_the_event_loop_to_others(loops: Loops) -> None:
    async def always_more() -> bool:
        return True

    loops.start(always_more)

    async with asyncio.timeout(5):
        await turns_of_the_loop()


async def test_wake_up_ends_the_waiting(loops: Loops) -> None:
    work = Steps()
    loop = loops.start(work)
    await work.ran(1)

    loop.wake()

    await work.ran(2)


async def test_lost_wake_up_costs_one_period(loops: Loops) -> None:
    work = Steps()
    loops.start(work, period=0.01)
    await work.ran(5)


async def test_wake_up_during_the_work_is_not_lost(loops: Loops) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    runs: list[int] = []

    async def work() -> bool:
        runs.append(1)
        begun.set()
        await go_on.wait()
        return False

    loop = loops.start(work)
    await begun.wait()
    loop.wake()
    go_on.set()

    await until(lambda: len(runs) == 2)


async def test_failure_is_outlived_and_forgotten_after_a_success(loops: Loops) -> None:
    work = Steps([ValueError(), KeyError(), False])

    with structlog.testing.capture_logs() as lines:
        loop = loops.start(work, pause=0.01)
        await work.ran(3)
        await until(lambda: loop.failures == 0)

    assert [line["failures"] for line in lines] == [1, 2]


async def test_wake_up_does_not_shorten_the_pause_after_a_failure(loops: Loops) -> None:
    work = Steps([ValueError()])
    loop = loops.start(work)
    await work.ran(1)

    for _ in range(3):
        loop.wake()
        await turns_of_the_loop()

    assert work.runs == 1


async def test_failure_is_logged_without_what_its_message_quotes(loops: Loops) -> None:
    with structlog.testing.capture_logs() as lines:
        work = Steps([ValueError("Ada Alder, ada@mail.example")])
        loops.start(work)
        await until(lambda: bool(lines))

    assert lines[0]["event"] == "worker_failed"
    assert lines[0]["worker"] == "tested"
    assert lines[0]["error"] == "ValueError"
    assert "test_supervised_loop.py" in lines[0]["where"]
    assert "ada" not in str(lines).lower()


async def test_stop_ends_the_waiting_at_once(loops: Loops) -> None:
    resting, failed = Steps(), Steps([ValueError()])
    waiting, pausing = loops.start(resting), loops.start(failed)
    await resting.ran(1)
    await failed.ran(1)

    async with asyncio.timeout(0.5):
        await waiting.stop()
        await pausing.stop()


async def test_stop_lets_work_finish_and_begins_no_other(loops: Loops) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    finished: list[bool] = []

    async def work() -> bool:
        begun.set()
        await go_on.wait()
        finished.append(True)
        return True

    loop = loops.start(work)
    await begun.wait()
    stopping = asyncio.create_task(loop.stop())
    await turns_of_the_loop()
    go_on.set()
    await stopping

    assert finished == [True]


async def test_stop_cancels_what_does_not_finish_in_its_grace(loops: Loops) -> None:
    begun = asyncio.Event()
    cancelled: list[bool] = []

    async def work() -> bool:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return False

    loop = loops.start(work, grace=0.02)
    await begun.wait()
    await loop.stop()

    assert cancelled == [True]


async def test_cancellation_is_not_taken_for_a_failure(loops: Loops) -> None:
    work = Steps([asyncio.CancelledError()])

    with structlog.testing.capture_logs() as lines:
        loop = loops.start(work, pause=0.01)
        await until(lambda: bool(lines))

    assert [line["event"] for line in lines] == ["worker_ended"]
    assert loop._task is not None
    await asyncio.wait([loop._task])
    assert loop._task.cancelled()
    assert work.runs == 1


async def test_stop_before_the_start_is_no_error() -> None:
    await SupervisedLoop(name="never started", work=Steps()).stop()


async def test_group_wakes_each_loop_for_its_own_topic() -> None:
    bus = LocalMessageBus()
    works = {topic: Steps() for topic in Topic}
    loops = [
        SupervisedLoop(name=topic, work=work, topic=topic, period=LONG)
        for topic, work in works.items()
    ]
    group = WorkerGroup(bus=bus, loops=loops)
    await bus.start()
    group.start()
    for work in works.values():
        await work.ran(1)

    bus.publish(Topic.KNOWLEDGE)
    await works[Topic.KNOWLEDGE].ran(2)
    await group.stop()
    bus.publish(Topic.KNOWLEDGE)
    await turns_of_the_loop()
    await bus.close()

    assert works[Topic.HISTORY].runs == 1
    assert works[Topic.KNOWLEDGE].runs == 2


async def test_graces_of_a_group_do_not_add_up() -> None:
    async def stuck() -> bool:
        await asyncio.Event().wait()
        return False

    loops = [SupervisedLoop(name=str(n), work=stuck, grace=0.2) for n in range(20)]
    group = WorkerGroup(bus=LocalMessageBus(), loops=loops)
    group.start()
    await turns_of_the_loop()

    async with asyncio.timeout(2):
        await group.stop()
