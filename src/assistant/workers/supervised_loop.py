"""A loop that survives what it does: it waits, works, and after a failure waits longer.

Every worker is one of these. It does not matter how often or when a worker runs, only that it does:
wake-ups may be lost or doubled, so the work finds out for itself what there is to do.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from assistant.core.backoff import Backoff
from assistant.core.faults import place_of
from assistant.core.message_bus import Topic

_log = structlog.get_logger("assistant.workers")

Work = Callable[[], Awaitable[bool]]
"""Does a portion of what there is to do; True if there is more, which then follows at once."""


class SupervisedLoop:
    """Calls ``work`` when it is woken, and every ``period`` seconds at the latest.

    A failure is logged by its class and place, never by its message, which could quote a customer.
    Wake-ups do not shorten the pause after a failure: what fails is not pressed harder by more to
    do.
    """

    def __init__(
        self,
        *,
        name: str,
        work: Work,
        topic: Topic | None = None,
        period: float = 5.0,
        backoff: Backoff | None = None,
        grace: float = 5.0,
    ) -> None:
        """Run ``work`` under ``name``; ``stop`` lets it finish for ``grace`` seconds."""
        self.name = name
        self.topic = topic
        self._work = work
        self._period = period
        self._backoff = backoff or Backoff()
        self._grace = grace
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def failures(self) -> int:
        """How often the work failed since it last succeeded."""
        return self._backoff.failures

    def start(self) -> None:
        """Begin on the running event loop, with work at once."""
        self._task = asyncio.create_task(self._run(), name=f"worker: {self.name}")

    def wake(self) -> None:
        """Work as soon as possible, once more if it is working now; call it on the event loop."""
        self._woken.set()

    async def stop(self) -> None:
        """Begin no further work, and cancel what is not done within the grace."""
        self._stopping.set()
        self._woken.set()
        if self._task is None:
            return
        await asyncio.wait([self._task], timeout=self._grace)
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                # Cleared before the work: whoever wakes during it has it run again.
                self._woken.clear()
                await self._work_once()
        finally:
            if not self._stopping.is_set():
                _log.error("worker_ended", worker=self.name)

    async def _work_once(self) -> None:
        """Work, and wait as long as the outcome asks for."""
        try:
            more = await self._work()
        except Exception as error:  # the loop is here to outlive it
            pause = self._backoff.next()
            self._log_failure(error, pause)
            await _wait(self._stopping, pause)
        else:
            self._backoff.reset()
            # Zero still lets everybody else have a turn on the event loop.
            await (asyncio.sleep(0) if more else _wait(self._woken, self._period))

    def _log_failure(self, error: Exception, pause: float) -> None:
        _log.warning(
            "worker_failed",
            worker=self.name,
            error=type(error).__qualname__,
            where=place_of(error),
            failures=self.failures,
            pause=pause,
        )


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Return when ``event`` is set, or after ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
