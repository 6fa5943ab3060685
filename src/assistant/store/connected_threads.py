"""A few threads that keep one database connection each and run units of work on it.

Readers of both databases run here, and the writers of PostgreSQL, which has many at once. Keeping
the connection saves a pool's check-out and reset on each unit of work.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from assistant.core.errors import KeyUnavailable, Overloaded
from assistant.store.dialects import TransactionOptions, may_run_again
from assistant.store.stale_keys import StaleKeys, is_shut, is_stale, stale_error

T = TypeVar("T")

ATTEMPTS = 3
"""Runs of a unit of work that a lost connection, a deadlock or an outdated key interrupts."""


class ConnectedThreads:
    """Runs units of work, each in a transaction that is committed or, for readers, given up."""

    def __init__(
        self,
        engine: Engine,
        *,
        threads: int,
        commit: bool,
        options: TransactionOptions,
        stale_keys: StaleKeys | None = None,
    ) -> None:
        self._engine = engine
        self._commit = commit
        self._options = options
        self._stale_keys = stale_keys or StaleKeys()
        self._local = threading.local()
        self._counting = threading.Lock()
        self._opened: list[Connection] = []
        name = "store-writer" if commit else "store-reader"
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._waiting = 0

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Queue a unit of work; the future resolves after its transaction has ended."""
        with self._counting:
            self._waiting += 1
        return self._executor.submit(self._run, work)

    def backlog(self) -> int:
        """Return how many units of work wait, those that run left out."""
        return self._waiting

    def close(self) -> None:
        """Finish what was queued and close the connections."""
        self._executor.shutdown(wait=True)
        for connection in self._opened:
            connection.close()

    def _run(self, work: Callable[[Connection], T]) -> T:
        with self._counting:
            self._waiting -= 1
        for attempt in range(1, ATTEMPTS + 1):
            connection = self._connection()
            try:
                connection.begin()
                result = work(connection)
            except BaseException as error:
                self._give_up(connection)
                if not self._runs_again(error, attempt):
                    raise
            else:
                self._end(connection)
                return result
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _runs_again(self, error: BaseException, attempt: int) -> bool:
        """Whether to run work again that ``error`` interrupted before its commit.

        A data key that was destroyed between reading a value and opening it: what it sealed is
        sealed anew by then, and the second run reads that.
        """
        if is_stale(error):
            if is_shut(error) or attempt == ATTEMPTS:
                raise stale_error(error)
            self._stale_keys.forget()
            return True
        if isinstance(error, KeyUnavailable):
            return attempt == 1
        return attempt < ATTEMPTS and may_run_again(error)

    def _end(self, connection: Connection) -> None:
        """Commit, or for readers give up; a failed commit is never run again: it may have held."""
        try:
            if self._commit:
                connection.commit()
            else:
                connection.rollback()
        except BaseException:
            self._give_up(connection)
            raise

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            self._opened.append(connection)
        return connection

    def _connect(self) -> Connection:
        try:
            return self._engine.connect().execution_options(**self._options)
        except OperationalError as error:
            where = self._engine.url.render_as_string(hide_password=True)
            raise Overloaded(f"the database {where!r} does not answer", retry_after=5) from error

    def _give_up(self, connection: Connection) -> None:
        """Undo the transaction; a broken connection is replaced at the next unit of work."""
        if connection.invalidated:
            self._opened.remove(connection)
            del self._local.connection
            connection.close()
        else:
            connection.rollback()
