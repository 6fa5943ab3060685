"""Statements over the sealed columns of every table, made from the catalogue.

A table that is added with sealed columns and their places is covered without another line here.
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Update,
    bindparam,
    case,
    func,
    null,
    select,
    tuple_,
    update,
)

from assistant.store.tables import CATALOGUE, METADATA, ColumnKind

OUTDATED: Final = "outdated_"
"""Prefix of a sealed column in ``SealedTable.page``: its value where it is outdated, else NULL."""

REHASHED: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "events": ("content_hash", ("time",)),
}
"""By table: the hash that lives and dies with the data key, and the columns that it needs."""


@dataclass(frozen=True, slots=True)
class SealedTable:
    """One table with sealed columns.

    ``page`` reads ``at_most`` rows of ``of_customer`` in the order of ``key``, a later one
    (``next_page``) those after ``after_0``, …; ``replace`` writes ``new`` over ``old`` by column;
    ``count`` counts what is sealed under an older key than ``header`` names.
    """

    name: str
    key: tuple[str, ...]
    places: Mapping[str, str]
    page: Select[Any]
    next_page: Select[Any]
    replace: Mapping[str, Update]
    count: Select[*tuple[Any, ...]]


def sealed_tables() -> Sequence[SealedTable]:
    """Return every table of the catalogue that has a sealed column, by name."""
    return [
        _sealed_table(METADATA.tables[name], rule.places)
        for name, rule in sorted(CATALOGUE.items())
        if ColumnKind.SEALED in rule.columns.values()
    ]


def _sealed_table(table: Table, places: Mapping[str, str]) -> SealedTable:
    key = tuple(column.name for column in table.primary_key if column.name != "customer_id")
    of_customer = table.c.customer_id == bindparam("of_customer")
    wanted = dict.fromkeys([*key, *_named(places), *REHASHED.get(table.name, ("", ()))[1]])
    page = (
        select(*(table.c[name] for name in wanted), *(_outdated(table, name) for name in places))
        .where(of_customer)
        .order_by(*(table.c[name] for name in key))
        .limit(bindparam("at_most"))
    )
    count = select(*(func.count(_outdated(table, name)) for name in places)).where(of_customer)
    after = tuple_(*(table.c[name] for name in key)) > tuple_(
        *(bindparam(f"after_{n}", type_=table.c[name].type) for n, name in enumerate(key))
    )
    return SealedTable(
        name=table.name,
        key=key,
        places=places,
        page=page,
        next_page=page.where(after) if key else page,
        replace={name: _replace(table, key, name) for name in places},
        count=count,
    )


def _named(places: Mapping[str, str]) -> list[str]:
    """Return the columns that the places of a table are made of."""
    parsed = (string.Formatter().parse(place) for place in places.values())
    return [name for parts in parsed for _, name, _, _ in parts if name]


def _outdated(table: Table, column: str) -> ColumnElement[Any]:
    """Return the value of a sealed column where it is under an older key than ``header`` names."""
    value = table.c[column]
    return case((value < bindparam("header"), value), else_=null()).label(OUTDATED + column)


def _replace(table: Table, key: Sequence[str], column: str) -> Update:
    """Return the statement that replaces one value, unless it changed since it was read."""
    values: dict[str, ColumnElement[Any]] = {column: bindparam("new")}
    if table.name in REHASHED:
        values[REHASHED[table.name][0]] = bindparam("new_hash")
    return (
        update(table)
        .where(
            table.c.customer_id == bindparam("of_customer"),
            *(table.c[name] == bindparam(f"of_{name}") for name in key),
            table.c[column] == bindparam("old"),
        )
        .values(values)
    )
