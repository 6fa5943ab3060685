"""Reads every row of a database, of one moment, for a backup.

Rows come as they are stored: what is sealed stays sealed. They come by table, parents before
children, and by primary key, so that they can be put back in that order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, Table, func, select

from assistant.store.backup_file import Value
from assistant.store.key_tables import KEY_METADATA, KEY_SCHEMA
from assistant.store.key_tables import VERSION as KEY_VERSION
from assistant.store.tables import CATALOGUE, METADATA

__all__ = [
    "KEY_VERSION",
    "TableDump",
    "Tables",
    "count_rows",
    "dump_tables",
    "key_tables",
    "main_tables",
]

Tables: TypeAlias = Sequence[Table]

_BATCH = 500


@dataclass(frozen=True, slots=True)
class TableDump:
    """One table of a database; ``rows`` reads it as it is walked."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[Sequence[Value]]


def main_tables() -> Tables:
    """Return the tables of the main database, what belongs to nobody first."""
    return sorted(METADATA.sorted_tables, key=lambda table: CATALOGUE[table.name].personal)


def key_tables() -> Tables:
    """Return the tables of the key database, without the one that holds its version."""
    return [table for table in KEY_METADATA.sorted_tables if table is not KEY_SCHEMA]


def count_rows(connection: Connection, tables: Tables) -> int:
    """Return how many rows ``tables`` have in all."""
    return sum(
        connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
    )


def dump_tables(connection: Connection, tables: Tables) -> Iterator[TableDump]:
    """Yield each table with its rows; only a few rows are in memory at a time."""
    for table in tables:
        yield TableDump(table.name, tuple(table.columns.keys()), _read_rows(connection, table))


def _read_rows(connection: Connection, table: Table) -> Iterator[Sequence[Value]]:
    statement = select(table).order_by(*table.primary_key.columns)
    for row in connection.execute(statement.execution_options(yield_per=_BATCH)):
        yield tuple(row)
