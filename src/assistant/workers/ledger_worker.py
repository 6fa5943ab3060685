"""Lets go of entries of the erasure ledger whose time has come, once no backup can need them."""

import asyncio
from typing import Final

from assistant.core.clock import Clock
from assistant.profile.erasure.ledger import ErasureLedger
from assistant.store.engine import Database
from assistant.store.ledger_marks import LedgerMarkRepository

PERIOD: Final = 3600.0
"""Seconds between two looks."""


class LedgerWorker:
    """Purges the ledger; any number of processes may."""

    def __init__(
        self,
        *,
        ledger: ErasureLedger,
        database: Database,
        marks: LedgerMarkRepository,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._database = database
        self._marks = marks
        self._clock = clock

    async def work(self) -> bool:
        """Purge what may go; there is never more to do at once.

        The database is told first: what it has not marked until now was never acknowledged, and
        an entry that is gone would look like one that it has missed.
        """
        now = self._clock()
        newest = await asyncio.to_thread(self._ledger.find_purgeable, now=now)
        if newest is None:
            return False
        await self._database.write(
            lambda c: self._marks.mark_up_to(c, newest.seq, newest.entry_hash)
        )
        await asyncio.to_thread(self._ledger.purge, now=now)
        return False
