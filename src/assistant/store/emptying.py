"""Makes room for a restore: takes the service's tables away, and sees that nobody else uses them.

Tables are dropped rather than emptied: append-only tables refuse to be emptied, and a backup may
have been made with an older form of the tables.
"""

import sqlite3
import time
from pathlib import Path
from typing import Final, cast

from sqlalchemy import Connection, MetaData, Table, bindparam, func, inspect, select, text

from assistant.core.errors import ConfigurationError
from assistant.store import dialects
from assistant.store.tables import METADATA
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.customers import CustomerRow
from assistant.store.tables.erasures import ErasureRow

_VERSION_TABLE: Final = "alembic_version"
_IN_USE: Final = "the database is in use: stop the service and other commands first"

_GUARDS = text(
    "SELECT DISTINCT guard.tgfoid::regprocedure::text FROM pg_trigger AS guard "
    "JOIN pg_class AS guarded ON guarded.oid = guard.tgrelid "
    "WHERE NOT guard.tgisinternal AND guarded.relnamespace = current_schema()::regnamespace "
    "AND guarded.relname IN :tables"
).bindparams(bindparam("tables", expanding=True))
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name = 'assistant' AND pid <> pg_backend_pid()"
)
_LOOK_ANEW = text("SELECT pg_stat_clear_snapshot()")
_LOOKS = 20
_BETWEEN_LOOKS_S = 0.1


def refuse_sqlite_in_use(url: str) -> None:
    """See that no other process has a SQLite database open; the file is not changed.

    Leaving write-ahead logging needs the file for oneself, so trying to do so tells.

    Raises:
        ConfigurationError: somebody has.
    """
    path = dialects.parse_url(url).database
    if dialects.dialect_of(dialects.parse_url(url)) != "sqlite" or not Path(str(path)).exists():
        return
    connection = sqlite3.connect(str(path), timeout=1, isolation_level=None)
    try:
        (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        raise ConfigurationError(_IN_USE) from error
    finally:
        connection.close()
    if mode != "delete":
        raise ConfigurationError(_IN_USE)


def refuse_postgresql_in_use(connection: Connection) -> None:
    """See that no other session of the service is connected; asked before others are opened.

    A session that was closed is still listed for a moment, so it is looked again for a while.

    Raises:
        ConfigurationError: one is.
    """
    if connection.dialect.name != "postgresql":
        return
    for _ in range(_LOOKS):
        connection.execute(_LOOK_ANEW)
        if not connection.execute(_OTHERS).scalar_one():
            return
        time.sleep(_BETWEEN_LOOKS_S)
    raise ConfigurationError(_IN_USE)


def holds_customers(connection: Connection) -> bool:
    """Whether the database holds anything about anybody."""
    there = set(inspect(connection).get_table_names())
    return any(
        table.name in there
        and connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (table_of(CustomerRow), table_of(ErasureRow))
    )


def drop_tables(connection: Connection) -> None:
    """Drop every table of the service with its triggers, children first."""
    there = set(inspect(connection).get_table_names())
    ours = [table for table in reversed(METADATA.sorted_tables) if table.name in there]
    if _VERSION_TABLE in there:
        ours.append(Table(_VERSION_TABLE, MetaData()))
    if not ours:
        return
    guards = _guards(connection, ours)
    for table in ours:
        table.drop(connection)
    for guard in guards:
        connection.execute(text(f"DROP FUNCTION {guard}"))


def _guards(connection: Connection, tables: list[Table]) -> list[str]:
    """Return the functions behind the triggers of ``tables``, which outlive them on PostgreSQL."""
    if connection.dialect.name != "postgresql":
        return []
    names = [table.name for table in tables]
    return cast("list[str]", connection.execute(_GUARDS, {"tables": names}).scalars().all())
