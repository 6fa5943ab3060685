"""Turns that have begun and must end, whatever becomes of the connection they came through.

A turn writes; cancelling it halfway would leave its customer without the reply that the next
connection expects to find. So turns run as tasks of their own, callers wait for them shielded, and
a shutdown waits for all of them before it closes what they need.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class InFlight:
    """The set of running turns of this process."""

    def __init__(self) -> None:
        """Begin empty and open."""
        self._tasks: set[asyncio.Task[Any]] = set()  # tasks of any result; only waited for
        self.draining = False

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run ``work`` to its end, independent of whoever started it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of ``work``, which goes on even when the caller is cancelled."""
        return await asyncio.shield(self.start(work))

    async def drain(self, *, timeout: float) -> int:  # noqa: ASYNC109 - a shutdown is bounded
        """Take nothing new and wait for what runs; return how many did not finish in time."""
        self.draining = True
        if not self._tasks:
            return 0
        _, unfinished = await asyncio.wait(self._tasks, timeout=timeout)
        return len(unfinished)
