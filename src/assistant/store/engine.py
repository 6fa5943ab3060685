"""A database and its two ways in: ``read`` (one snapshot) and ``write`` (durable when it returns).

A unit of work is a plain function of a ``Connection``; it runs on a thread of the store, never on
the event loop, and may run a second time where PostgreSQL interrupts it, so it changes nothing but
the database. The same repositories serve both databases; SQLite has one writer with group commit
(``group_commit``), PostgreSQL a few writers with a transaction each (``connected_threads``).
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, Self, TypeVar

from sqlalchemy import Connection, Engine

from assistant.store import dialects, schema
from assistant.store.connected_threads import ConnectedThreads
from assistant.store.dialects import DialectName
from assistant.store.group_commit import GroupCommitWriter
from assistant.store.stale_keys import StaleKeys

__all__ = ["Connection", "Database"]

T = TypeVar("T")

_BETWEEN_CHECKPOINTS_S = 0.02

SQLITE_READERS = 2
"""Threads that read SQLite: each keeps a connection warm, and more only take turns computing."""


class _Lane(Protocol):
    """Where units of work queue up: readers or writers of one database."""

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]": ...

    def backlog(self) -> int: ...

    def close(self) -> None: ...


class Database:
    """An open database; close it to finish what is queued and let its files go."""

    def __init__(
        self,
        *,
        dialect: DialectName,
        engines: tuple[Engine, ...],
        readers: _Lane,
        writers: _Lane,
        stale_keys: StaleKeys,
    ) -> None:
        self.dialect: DialectName = dialect
        self._stale_keys = stale_keys
        self._engines = engines
        self._readers = readers
        self._writers = writers

    @classmethod
    def open(cls, url: str, *, pool_size: int = 4) -> Self:
        """Open ``sqlite:///path`` (made when missing) or ``postgresql://…``.

        ``pool_size`` is the number of reader threads and, on PostgreSQL, of writer threads too;
        SQLite reads in at most ``SQLITE_READERS``, for they compute rather than wait.

        Raises:
            ConfigurationError: the URL is of another kind, its driver is missing, or SQLite refuses
                a setting that durability or erasure needs.
        """
        parsed = dialects.parse_url(url)
        dialect = dialects.dialect_of(parsed)
        reading = dialects.READ_OPTIONS[dialect]
        stale_keys = StaleKeys()
        if dialect == "sqlite":
            writing_engine = dialects.sqlite_engine(parsed, writer=True)
            writers: _Lane = GroupCommitWriter(writing_engine, stale_keys=stale_keys)
            engine = dialects.sqlite_engine(parsed, writer=False)
            engines: tuple[Engine, ...] = (writing_engine, engine)
            pool_size = min(pool_size, SQLITE_READERS)
        else:
            engine = dialects.postgresql_engine(parsed, connections=2 * pool_size)
            engines = (engine,)
            options = dialects.WRITE_OPTIONS[dialect]
            writers = ConnectedThreads(
                engine, threads=pool_size, commit=True, options=options, stale_keys=stale_keys
            )
        readers = ConnectedThreads(engine, threads=pool_size, commit=False, options=reading)
        return cls(
            dialect=dialect,
            engines=engines,
            readers=readers,
            writers=writers,
            stale_keys=stale_keys,
        )

    def when_key_stale(self, forget: Callable[[], None]) -> None:
        """Call ``forget`` before a write that the fence refused runs again.

        It drops unwrapped data keys of this process, on the thread that writes.
        """
        self._stale_keys.tell(forget)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on one snapshot of the database; it cannot write."""
        return await asyncio.wrap_future(self._readers.submit(work))

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction; when this returns, its writes outlive a crash.

        Whatever ``work`` raises undoes its own writes only and is raised here.

        Raises:
            Overloaded: too many writes wait, or another process holds the database too long.
        """
        return await asyncio.wrap_future(self.begin_write(work))

    def begin_write(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Queue what ``write`` does and return what becomes of it; from any thread.

        Raises:
            Overloaded: too many writes wait.
        """
        return self._writers.submit(work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Do what ``read`` does, blocking the caller; for commands and imports."""
        return self._readers.submit(work).result()

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Do what ``write`` does, blocking the caller; for commands and imports."""
        return self._writers.submit(work).result()

    def migrate(self) -> None:
        """Bring the tables to the form this version of the service needs; safe to repeat."""
        self.write_now(schema.upgrade)

    def pending_migrations(self) -> bool:
        """Whether ``migrate`` has something to do."""
        return self.read_now(schema.is_behind)

    def backlog(self) -> int:
        """Return how many writes wait for their turn."""
        return self._writers.backlog()

    async def checkpoint(self, patience_s: float = 2.0) -> bool:
        """Do what ``checkpoint_now`` does, off the event loop."""
        return await asyncio.to_thread(self.checkpoint_now, patience_s)

    def checkpoint_now(self, patience_s: float = 2.0) -> bool:
        """Move SQLite's write-ahead log into the database file and cut it to nothing.

        What was deleted is in no file afterwards. Tried in short attempts, so that writers never
        wait long; False when a reader held on to an old state for ``patience_s`` seconds. On
        PostgreSQL there is nothing to do.
        """
        if self.dialect == "postgresql":
            return True
        deadline = time.monotonic() + patience_s
        with self._engines[0].connect() as connection:
            raw = dialects.raw_sqlite(connection)
            while not dialects.truncate_log(raw):
                if time.monotonic() > deadline:
                    return False
                time.sleep(_BETWEEN_CHECKPOINTS_S)
        return True

    async def close(self) -> None:
        """Finish what is queued and close every connection."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """Do what ``close`` does, blocking the caller."""
        self._writers.close()
        self._readers.close()
        for engine in self._engines:
            engine.dispose()
