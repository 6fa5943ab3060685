"""Carries erasures out, and lets every process forget whose rows and keys go.

Any number of processes may run it: a lease in the database gives each customer's erasures to one of
them, and whoever is killed leaves them to the next.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from assistant.core.clock import Clock
from assistant.core.erasure import ErasureNotices, ErasureState
from assistant.store.engine import Database
from assistant.store.erasures import ErasureRepository

_OVERLAP: Final = timedelta(minutes=10)
"""How far back is looked each time: another process may have asked for an erasure at a time that
lies before its commit, and keys are destroyed some time after the request."""


class ErasureWorker:
    """Runs the engine on a thread, for it blocks."""

    def __init__(self, *, run_once: Callable[[], bool]) -> None:
        """``run_once`` is the engine's; it says whether there was something to do."""
        self._run_once = run_once

    async def work(self) -> bool:
        """Bring what is due as far as it goes now; whether there was any."""
        return await asyncio.to_thread(self._run_once)


class ErasureWatch:
    """Notices erasures, whichever process was asked for them, and tells the parts of this one.

    Each is told twice: when it was asked for, and when its keys are destroyed, because what was
    read in between may have fetched them again.
    """

    def __init__(
        self,
        *,
        database: Database,
        erasures: ErasureRepository,
        notices: ErasureNotices,
        clock: Clock,
    ) -> None:
        self._database = database
        self._erasures = erasures
        self._notices = notices
        self._clock = clock
        self._told: set[tuple[str, bool]] = set()
        self._begun: datetime = clock()

    async def work(self) -> bool:
        """Tell of what is new; there is never more to do at once."""
        since = max(self._clock(), self._begun) - _OVERLAP
        found = await self._database.read(lambda c: self._erasures.list_since(c, since))
        steps = {
            (one.erasure_id, one.state is not ErasureState.BLOCKED_FOR_USE): one.customer_id
            for one in found
        }
        fresh = {customer for step, customer in steps.items() if step not in self._told}
        self._told = set(steps)
        if fresh:
            self._notices.tell(fresh)
        return False
