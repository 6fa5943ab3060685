"""Every difference between SQLite and PostgreSQL, in one place.

How engines are opened and transactions begin, how "insert unless it is there" is said, and how one
writer at a time is let through where no unique constraint can do it.
"""

import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypedDict, cast

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Table,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from assistant.core.errors import ConfigurationError

DialectName: TypeAlias = Literal["sqlite", "postgresql"]

BUSY_TIMEOUT_S = 10
"""How long a SQLite writer waits for another process (an import beside the server)."""

CHECKPOINT_WAIT_MS = 40
"""How long one attempt to cut the write-ahead log waits for readers."""

_RETRIED = frozenset({"40001", "40P01"})
"""SQLSTATE of a serialisation failure and of a deadlock: nothing was written, run it again."""

_SQLITE_PRAGMAS = (
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    ("secure_delete", "ON", 1),
    ("foreign_keys", "ON", 1),
)
_OLDEST_SQLITE = (3, 35, 0)
"""The first version with RETURNING."""


def parse_url(url: str) -> URL:
    """Return ``url`` with its driver, refusing what is neither SQLite in a file nor PostgreSQL.

    Raises:
        ConfigurationError: the URL is of another kind; the message shows no password.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "the database URL is not understood; write sqlite:///path/to/file.db or "
            "postgresql://user:password@host/database"
        ) from error
    if parsed.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername != "sqlite" or parsed.database in {None, "", ":memory:"}:
        raise ConfigurationError(
            f"the database {parsed.render_as_string(hide_password=True)!r} is neither a SQLite "
            "file (sqlite:///path/to/file.db) nor PostgreSQL (postgresql://…)"
        )
    return parsed


def dialect_of(url: URL) -> DialectName:
    """Return which of the two databases a parsed URL names."""
    return "sqlite" if url.drivername == "sqlite" else "postgresql"


def sqlite_engine(url: URL, *, writer: bool) -> Engine:
    """Return an engine whose connections are made once and kept by the thread that uses them.

    The writer begins with BEGIN IMMEDIATE, so that it waits for another process's write before it
    reads; readers cannot write at all.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise ConfigurationError(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 is needed")
    _create_private_file(Path(cast("str", url.database)))
    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={
            "isolation_level": None,
            "check_same_thread": False,
            "timeout": BUSY_TIMEOUT_S,
            "cached_statements": 256,
        },
    )

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        del record
        _configure_sqlite(cast("sqlite3.Connection", connection), writer=writer)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        raw_sqlite(connection).execute("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine


def _create_private_file(path: Path) -> None:
    """Make the file readable by its owner only, before SQLite would make it for everybody.

    A file that exists is not even opened: closing it would drop the locks that this process's
    SQLite connections hold on it (POSIX), and the next process to leave would take the WAL along.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _configure_sqlite(connection: sqlite3.Connection, *, writer: bool) -> None:
    for pragma, wanted, expected in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}={wanted}")
        (found,) = connection.execute(f"PRAGMA {pragma}").fetchone()
        if found != expected:
            raise ConfigurationError(
                f"SQLite refuses PRAGMA {pragma}={wanted} (it says {found!r}); without it erased "
                "or acknowledged content is not safe, so the database is not opened"
            )
    if not writer:
        connection.execute("PRAGMA query_only=ON")


def raw_sqlite(connection: Connection) -> sqlite3.Connection:
    """Return the driver's own connection, for the statements that frame each unit of work."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def truncate_log(connection: sqlite3.Connection) -> bool:
    """Try once to move the whole write-ahead log into the file and to cut it; False when busy.

    Waits for readers for ``CHECKPOINT_WAIT_MS`` at most, because writers wait meanwhile.
    """
    connection.execute(f"PRAGMA busy_timeout={CHECKPOINT_WAIT_MS}")
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
        return False
    return not busy


def postgresql_engine(url: URL, *, connections: int) -> Engine:
    """Return an engine for threads that keep one connection each.

    Raises:
        ConfigurationError: psycopg is not installed.
    """
    try:
        return create_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            hide_parameters=True,
            connect_args={"application_name": "assistant", "options": "-c jit=off"},
        )
    except (NoSuchModuleError, ImportError) as error:
        raise ConfigurationError(
            "PostgreSQL needs psycopg; run `pip install 'reciprocal-assistant[postgres]'`"
        ) from error


class TransactionOptions(TypedDict, total=False):
    """How the transactions of a connection begin; names as SQLAlchemy has them."""

    isolation_level: Literal["REPEATABLE READ", "READ COMMITTED"]
    postgresql_readonly: bool


READ_OPTIONS: Mapping[DialectName, TransactionOptions] = {
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
WRITE_OPTIONS: Mapping[DialectName, TransactionOptions] = {
    "sqlite": {},
    "postgresql": {"isolation_level": "READ COMMITTED"},
}


def may_run_again(error: BaseException) -> bool:
    """Whether a unit of work failed before its commit for a reason that a second run may cure."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _RETRIED


def is_busy(error: BaseException) -> bool:
    """Whether another process held the SQLite database longer than the busy timeout."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorname", "").startswith("SQLITE_BUSY")


_LOCK = text("SELECT pg_advisory_xact_lock(:number)")


def lock_exclusively(connection: Connection, number: int) -> None:
    """Let one transaction at a time pass this point until it ends.

    SQLite needs nothing: a write transaction is alone from its BEGIN IMMEDIATE on.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"number": number})


class Upsert:
    """An INSERT that meets an existing row, said in both dialects and compiled once in each."""

    def __init__(
        self,
        table: Table,
        *,
        keys: Sequence[str],
        replace: Sequence[str] = (),
        add: Sequence[str] = (),
    ) -> None:
        """Meet a row with the same ``keys``: overwrite ``replace``, count up ``add``, or leave it.

        With neither, an existing row stays as it is and the row count is 0.
        """
        self._statements: dict[str, Executable] = {
            "sqlite": _met(sqlite.insert(table), table, keys, replace, add),
            "postgresql": _met(postgresql.insert(table), table, keys, replace, add),
        }

    def on(self, connection: Connection) -> Executable:
        """Return the statement for this connection's database."""
        return self._statements[connection.dialect.name]


def _met(
    insert: "sqlite.Insert | postgresql.Insert",
    table: Table,
    keys: Sequence[str],
    replace: Sequence[str],
    add: Sequence[str],
) -> Executable:
    insert = insert.execution_options(preserve_rowcount=True)  # psycopg's is dropped otherwise
    if not replace and not add:
        return insert.on_conflict_do_nothing(index_elements=list(keys))
    changes: dict[str, Any] = {name: insert.excluded[name] for name in replace}
    changes |= {name: table.c[name] + insert.excluded[name] for name in add}
    return insert.on_conflict_do_update(index_elements=list(keys), set_=changes)
