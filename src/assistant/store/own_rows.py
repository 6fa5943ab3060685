"""Everything that is stored of one customer, row by row, read by the catalogue of tables.

One reader for all tables, generated from the catalogue, so that a table or column that somebody
adds is shown without anybody remembering to. It takes no grant, because it is no use of the content
for a purpose: ``profile.transparency.own_data`` and the export show it to the customer it is about.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import orjson
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    RowMapping,
    Select,
    Table,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)

from assistant.core.clock import from_epoch_ms, to_rfc3339
from assistant.core.errors import InvalidInput, SealBroken
from assistant.core.events import JsonValue
from assistant.store.tables import METADATA
from assistant.store.tables.labels import ColumnLabel, Section, list_sections
from assistant.vault.vault import Vault

__all__ = ["ColumnLabel", "OwnRow", "OwnRows", "RowKey", "Section"]

RowKey: TypeAlias = tuple[str | int, ...]
"""The primary key of a row without its customer: ids and numbers, nothing else."""

_NONCE_BYTES = 16
_MOST_UNPAGED = 1000
"""Rows of a table without a showable key, which come all at once; there are one or two."""


@dataclass(frozen=True, slots=True)
class OwnRow:
    """One row, its values ready for JSON; ``unreadable`` names columns whose seal is broken.

    What is not shown (keyed hashes, what is only counted) is not among ``values``.
    """

    section: str
    key: RowKey
    values: Mapping[str, JsonValue]
    unreadable: tuple[str, ...] = ()

    @property
    def row_id(self) -> str:
        """What tells the row from the others of its section."""
        return "/".join(str(part) for part in self.key) or self.section


class OwnRows:
    """Reads one customer's rows of any section, newest first."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    @property
    def sections(self) -> tuple[Section, ...]:
        """Every personal table, in the order in which they are shown."""
        return list_sections()

    def count_rows(self, connection: Connection, customer_id: str) -> Mapping[str, int]:
        """Return how many rows each section holds of the customer."""
        of = {"of_customer": customer_id}
        return {
            section.name: connection.execute(_counting(section.name), of).scalar_one()
            for section in self.sections
        }

    def count_items(self, connection: Connection, customer_id: str) -> Mapping[str, int]:
        """Return how many things the customer shared of each data category.

        Events and facts have a category each; every message to the assistant is one of ``chat``.
        """
        counts: Counter[str] = Counter()
        of = {"of_customer": customer_id}
        for name in ("events", "facts"):
            for category, count in connection.execute(_by_category(name), of):
                counts[category] += count
        counts["chat"] += connection.execute(_counting("turns"), of).scalar_one()
        return {category: count for category, count in counts.items() if count}

    def find_rows(
        self, connection: Connection, customer_id: str, section: str, ids: Collection[str]
    ) -> Mapping[str, OwnRow]:
        """Return those of the named rows that are this customer's, by id.

        ``section`` is one whose rows have a single id, such as ``events`` or ``turns``.
        """
        if not ids:
            return {}
        described = next(entry for entry in self.sections if entry.name == section)
        values = {"of_customer": customer_id, "at_most": len(ids), "ids": list(ids)}
        (key,) = _key_columns(METADATA.tables[section])
        rows = connection.execute(_named(section), values).mappings()
        return {row[key.name]: self._opened(described, row, (row[key.name],)) for row in rows}

    def page_rows(
        self,
        connection: Connection,
        customer_id: str,
        section: Section,
        *,
        after: RowKey | None,
        limit: int,
    ) -> Sequence[OwnRow]:
        """Return up to ``limit`` rows of a section that follow the one with the key ``after``.

        Raises:
            InvalidInput: ``after`` is not the key of a row of this section.
            KeyUnavailable: the customer's data key was destroyed.
        """
        table = METADATA.tables[section.name]
        values: dict[str, Any] = {"of_customer": customer_id, "at_most": limit}
        if not _key_columns(table):
            every = values | {"at_most": _MOST_UNPAGED}
            rows = connection.execute(_first(section.name), every).mappings()
            return [self._opened(section, row, ()) for row in rows] if after is None else []
        statement = _first(section.name)
        if after is not None:
            statement = _following(section.name)
            values |= _after_values(table, after)
        names = [column.name for column in _key_columns(table)]
        return [
            self._opened(section, row, tuple(row[name] for name in names))
            for row in connection.execute(statement, values).mappings()
        ]

    def _opened(self, section: Section, row: RowMapping, key: RowKey) -> OwnRow:
        values: dict[str, JsonValue] = {}
        unreadable: list[str] = []
        for column in section.columns:
            if not _read(column):
                continue
            value = row[column.name]
            if value is None or column.shown == "value":
                values[column.name] = value
            elif column.shown == "time":
                values[column.name] = to_rfc3339(from_epoch_ms(value))
            elif column.shown == "hex":
                values[column.name] = bytes(value).hex()
            else:
                try:
                    values[column.name] = self._unsealed(section, column, row)
                except (SealBroken, ValueError):
                    unreadable.append(column.name)
        return OwnRow(section.name, key, values, tuple(unreadable))

    def _unsealed(self, section: Section, column: ColumnLabel, row: RowMapping) -> JsonValue:
        place = column.place.format(**row)
        sealed = bytes(row[column.name])
        content = self._vault.open(row["customer_id"], section.name, place, sealed)
        if column.form == "json":
            value: JsonValue = orjson.loads(content)
            return value
        return content[_NONCE_BYTES if column.form == "words" else 0 :].decode()


def _key_columns(table: Table) -> list[Column[Any]]:
    """Return what orders the rows of one customer; nothing where that is a keyed hash."""
    columns = [column for column in table.primary_key.columns if column.name != "customer_id"]
    return [] if any(isinstance(column.type, LargeBinary) for column in columns) else columns


@cache
def _counting(name: str) -> Select[int]:
    table = METADATA.tables[name]
    of_customer = table.c.customer_id == bindparam("of_customer")
    return select(func.count(literal_column("1"))).select_from(table).where(of_customer)


@cache
def _first(name: str) -> Select[Any]:
    table = METADATA.tables[name]
    shown = {c.name for s in list_sections() if s.name == name for c in s.columns if _read(c)}
    return (
        select(*(column for column in table.columns if column.name in shown))
        .where(table.c.customer_id == bindparam("of_customer"))
        .order_by(*(column.desc() for column in _key_columns(table)))
        .limit(bindparam("at_most"))
    )


@cache
def _following(name: str) -> Select[Any]:
    columns = _key_columns(METADATA.tables[name])
    bound = [bindparam(f"after_{column.name}", type_=column.type) for column in columns]
    return _first(name).where(tuple_(*columns) < tuple_(*bound))


@cache
def _named(name: str) -> Select[Any]:
    (key,) = _key_columns(METADATA.tables[name])
    return _first(name).where(key.in_(bindparam("ids", expanding=True)))


@cache
def _by_category(name: str) -> Select[str, int]:
    table = METADATA.tables[name]
    of_customer = table.c.customer_id == bindparam("of_customer")
    category = table.c.category
    return select(category, func.count()).where(of_customer).group_by(category)


def _read(column: ColumnLabel) -> bool:
    return column.shown not in {"hash", "counted"}


def _after_values(table: Table, after: RowKey) -> dict[str, str | int]:
    columns = _key_columns(table)
    fits = len(after) == len(columns) and all(
        type(part) is (int if isinstance(column.type, Integer) else str)
        for part, column in zip(after, columns, strict=True)
    )
    if not fits:
        raise InvalidInput("the cursor does not fit: take it from the page before")
    return {f"after_{column.name}": part for column, part in zip(columns, after, strict=True)}
