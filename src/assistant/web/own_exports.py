"""Exports of everything stored of a customer, streamed from a store thread to the caller."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from assistant.core.actor import CustomerActor
from assistant.core.clock import Clock
from assistant.core.errors import Overloaded
from assistant.profile.transparency.export import DataExport, Exporting
from assistant.store.engine import Database

AT_ONCE = 2
"""Exports that are written at the same time; who comes later is asked to come again."""


class OwnExports(Protocol):
    """Zip archives of everything stored of a customer."""

    async def export(self, actor: CustomerActor, *, lang: str) -> AsyncGenerator[bytes]:
        """Note the reading, then return the archive piece by piece."""
        ...


class StoreOwnExports:
    """Fulfils ``OwnExports`` over the database; reads and compresses on threads of its own."""

    def __init__(self, *, database: Database, export: DataExport, clock: Clock) -> None:
        self._database = database
        self._export = export
        self._clock = clock
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="export")
        self._running = 0

    async def export(self, actor: CustomerActor, *, lang: str) -> AsyncGenerator[bytes]:
        """Note the reading durably, then return the archive piece by piece.

        Raises:
            Overloaded: as many exports as may run are running.
        """
        if self._running >= AT_ONCE:
            raise Overloaded("other exports are being written; try again soon", retry_after=10)
        at = self._clock()
        await self._database.write(
            lambda c: self._export.log(
                c, actor.customer_id, role=actor.role, actor=actor.role.value, at=at
            )
        )
        exporting = Exporting(actor.customer_id, lang, at, self._database.read_now)
        return self._pieces(self._export.stream(exporting))

    async def _pieces(self, archive: Iterator[bytes]) -> AsyncGenerator[bytes]:
        """Fetch each piece on a thread, so that compressing stops nobody's event loop."""
        loop = asyncio.get_running_loop()
        self._running += 1
        try:
            while True:
                piece = await loop.run_in_executor(self._threads, next, archive, None)
                if piece is None:
                    return
                yield piece
        finally:
            self._running -= 1
