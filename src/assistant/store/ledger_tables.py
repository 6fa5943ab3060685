"""The tables of the erasure ledger, which is a database of its own, and what guards them.

Triggers on both databases let entries only be appended, each with the hash of the one before, and
let go only from the oldest end and only when their time has come by the database's own clock.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    select,
    text,
)

from assistant.core.errors import ConfigurationError
from assistant.store.dialects import lock_exclusively

VERSION: Final = 1
_CREATION_LOCK: Final = 7_310_010

LEDGER_METADATA = MetaData()

LEDGER_SCHEMA = Table(
    "ledger_schema",
    LEDGER_METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("key_check", LargeBinary, nullable=False),
)

LEDGER_ENTRIES = Table(
    "ledger_entries",
    LEDGER_METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("customer_hash", LargeBinary, nullable=False),
    Column("subject_hash", LargeBinary),
    Column("target_hash", LargeBinary),
    Column("purpose", String),
    Column("at", BigInteger, nullable=False),
    Column("keep_until", BigInteger, nullable=False),
    Column("chain_head", LargeBinary),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("entry_hash", LargeBinary, nullable=False),
    Index("ix_ledger_entries_subject_hash", "subject_hash"),
    sqlite_with_rowid=False,
)

LEDGER_START = Table(
    "ledger_start",
    LEDGER_METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("entry_hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The newest entry that was let go; the chain goes on from its hash."""

_FITS = """
NEW.seq = 1 + coalesce((SELECT max(seq) FROM ledger_entries), (SELECT seq FROM ledger_start), 0)
AND NEW.previous_hash = coalesce(
    (SELECT entry_hash FROM ledger_entries WHERE seq = NEW.seq - 1),
    (SELECT entry_hash FROM ledger_start WHERE seq = NEW.seq - 1))
"""
_PURGED = "OLD.seq <= (SELECT seq FROM ledger_start)"
_MAY_START = """
NEW.one = 1 AND NEW.seq > OLD.seq
AND EXISTS (SELECT 1 FROM ledger_entries WHERE seq = NEW.seq AND entry_hash = NEW.entry_hash)
AND NOT EXISTS (SELECT 1 FROM ledger_entries WHERE seq <= NEW.seq AND keep_until >= {now})
"""
_NOW: Final = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
}
_RULES: Final = (
    ("ledger_entries", "INSERT", _FITS),
    ("ledger_entries", "UPDATE", "1 = 0"),
    ("ledger_entries", "DELETE", _PURGED),
    ("ledger_start", "INSERT", "NOT EXISTS (SELECT 1 FROM ledger_start)"),
    ("ledger_start", "UPDATE", _MAY_START),
    ("ledger_start", "DELETE", "1 = 0"),
    ("ledger_schema", "INSERT", "NOT EXISTS (SELECT 1 FROM ledger_schema)"),
    ("ledger_schema", "UPDATE", "1 = 0"),
    ("ledger_schema", "DELETE", "1 = 0"),
)
"""Table, change, and what must be true for the change to be let through."""


def create_ledger_tables(connection: Connection, *, key_check: bytes) -> None:
    """Make the tables in an empty ledger, for the keys that ``key_check`` stands for.

    Raises:
        ConfigurationError: the ledger was written by a later version, or with other keys.
    """
    lock_exclusively(connection, _CREATION_LOCK)
    LEDGER_METADATA.create_all(connection)
    found = connection.execute(select(LEDGER_SCHEMA)).one_or_none()
    if found is None:
        _guard(connection)
        connection.execute(insert(LEDGER_START), {"one": 1, "seq": 0, "entry_hash": b""})
        connection.execute(insert(LEDGER_SCHEMA), {"version": VERSION, "key_check": key_check})
        return
    if found.version != VERSION:
        raise ConfigurationError(
            f"the erasure ledger has version {found.version}, this service knows {VERSION}; "
            "run the service version that wrote it"
        )
    if bytes(found.key_check) != key_check:
        raise ConfigurationError(
            "the erasure ledger was written with the keys of another key database, so nobody in "
            "it can be recognised; point ASSISTANT_LEDGER_URL at the ledger that belongs to "
            "ASSISTANT_KEYS_URL, or restore the key database that belongs to this ledger"
        )


def _guard(connection: Connection) -> None:
    dialect = connection.dialect.name
    for table, change, rule in _RULES:
        allowed = rule.format(now=_NOW[dialect])
        trigger = f"{table}_guard_{change.lower()}"
        if dialect == "sqlite":
            statement = (
                f"CREATE TRIGGER {trigger} BEFORE {change} ON {table} "
                f"WHEN coalesce({allowed}, 0) = 0 "
                "BEGIN SELECT RAISE(ABORT, 'the erasure ledger is append-only'); END"
            )
            connection.execute(text(statement))
        else:
            _guard_postgresql(connection, table, change, allowed)


def _guard_postgresql(connection: Connection, table: str, change: str, allowed: str) -> None:
    trigger = f"{table}_guard_{change.lower()}"
    row = "OLD" if change == "DELETE" else "NEW"
    connection.execute(
        text(
            f"CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF ({allowed}) IS NOT TRUE THEN "
            "RAISE EXCEPTION 'the erasure ledger is append-only'; END IF; "
            f"RETURN {row}; END $$"
        )
    )
    connection.execute(
        text(
            f"CREATE TRIGGER {trigger} BEFORE {change} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {trigger}()"
        )
    )
    if change == "DELETE":
        _refuse_truncate(connection, table)


def _refuse_truncate(connection: Connection, table: str) -> None:
    name = f"{table}_guard_truncate"
    connection.execute(
        text(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the erasure ledger is append-only'; END $$"
        )
    )
    connection.execute(
        text(
            f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    )
