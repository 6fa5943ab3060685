"""The one writer of an SQLite database: a thread that commits many units of work at once.

A commit costs a disk flush, whoever waits for it. Work that arrives while another runs joins the
same transaction, each in a savepoint of its own, and all are acknowledged after the one COMMIT.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from assistant.core.errors import Overloaded
from assistant.store.dialects import is_busy, raw_sqlite
from assistant.store.stale_keys import RUNS, StaleKeys, is_shut, is_stale, stale_error

T = TypeVar("T")

BATCH_LIMIT = 256
"""Units of work in one transaction at most, so that the first does not wait for ever."""


@dataclass(slots=True)
class _Job:
    """A unit of work, who waits for it, and what came out of it before the commit."""

    work: Callable[[Connection], Any]
    future: "Future[Any]"
    result: Any = None
    error: BaseException | None = None

    def run(self, connection: Connection, raw: sqlite3.Connection, stale_keys: StaleKeys) -> None:
        """Do the work, and again where it was sealed under an outdated key."""
        if not self.future.set_running_or_notify_cancel():
            return
        for run in range(1, RUNS + 1):
            self._run_once(connection, raw)
            refused = self.error
            if refused is None or not is_stale(refused):
                return
            if is_shut(refused) or run == RUNS:
                self.error = stale_error(refused)
                return
            stale_keys.forget()

    def _run_once(self, connection: Connection, raw: sqlite3.Connection) -> None:
        """Do the work in a savepoint; what fails is undone alone and remembered."""
        self.error = None
        raw.execute("SAVEPOINT work")
        try:
            self.result = self.work(connection)
        except BaseException as error:
            self.error = error
            if raw.in_transaction:
                raw.execute("ROLLBACK TO work")
        if raw.in_transaction:
            raw.execute("RELEASE work")

    def settle(self, failure: BaseException | None) -> None:
        """Tell whoever waits, now that the transaction has ended (by ``failure``, or well)."""
        if self.future.done():
            return
        if error := self.error or failure:
            self.future.set_exception(error)
        else:
            self.future.set_result(self.result)


class GroupCommitWriter:
    """Runs units of work one after another on its own thread and its own connection."""

    def __init__(
        self, engine: Engine, *, stale_keys: StaleKeys | None = None, queue_limit: int = 4096
    ) -> None:
        self._connection = engine.connect()
        self._raw = raw_sqlite(self._connection)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._queue_limit = queue_limit
        self._stale_keys = stale_keys or StaleKeys()
        self._closed = False
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Queue a unit of work; the future resolves after its commit is on disk.

        Raises:
            Overloaded: too many wait already.
            RuntimeError: called within a unit of work, which would wait for itself, or when closed.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a unit of work cannot start another write and wait for it")
        if self._closed:
            raise RuntimeError("the database is closed")
        if self._jobs.qsize() >= self._queue_limit:
            raise Overloaded("too many writes are waiting", retry_after=1)
        future: Future[T] = Future()
        self._jobs.put(_Job(work, future))
        return future

    def backlog(self) -> int:
        """Return how many units of work wait, the ones being committed left out."""
        return self._jobs.qsize()

    def close(self) -> None:
        """Finish what was queued, then end the thread and its connection."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while not self._ended:
            if (first := self._next(wait=True)) is not None:
                self._commit_together(first)
        while (late := self._next(wait=False)) is not None:
            late.settle(RuntimeError("the database is closed"))

    def _commit_together(self, first: _Job) -> None:
        """Run ``first`` and what waits behind it in one transaction, then tell everybody."""
        batch = [first]
        failure: BaseException | None = None
        try:
            with self._connection.begin():
                self._run_all(batch)
        except BaseException as error:
            failure = _explained(error)
        for job in batch:
            job.settle(failure)

    def _run_all(self, batch: list[_Job]) -> None:
        for job in batch:  # the list grows while it is walked
            job.run(self._connection, self._raw, self._stale_keys)
            if not self._raw.in_transaction:  # SQLite gave all of it up: a full disk, an I/O error
                raise job.error or RuntimeError("a unit of work ended the transaction itself")
            if len(batch) < BATCH_LIMIT and (waiting := self._next(wait=False)) is not None:
                batch.append(waiting)

    def _next(self, *, wait: bool) -> _Job | None:
        """Return the next job; None when none waits, or when the mark of the end came."""
        try:
            job = self._jobs.get(block=wait)
        except queue.Empty:
            return None
        self._ended = self._ended or job is None
        return job


def _explained(error: BaseException) -> BaseException:
    if is_busy(error):
        return Overloaded("another process is writing to the database", retry_after=1)
    return error
