"""Finds content under data keys that its customer does not have (any more).

Nothing of the service leaves such content behind: a data key is destroyed after what it sealed. So
where it is found, the database or a backup is older than the keys beside it. The number in a sealed
value's header is no proof that the key is there: a key database that was itself restored from a
backup gives numbers a second time. So one value under each number of a customer is opened.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, Table, select

from assistant.core.errors import KeyUnavailable, SealBroken
from assistant.store.tables import CATALOGUE, METADATA, ColumnKind, ErasureRule
from assistant.vault.envelope import number_of
from assistant.vault.vault import Vault

_BATCH: Final = 500


class KeyProbe:
    """Tells whether sealed content can be opened, by trying one value a customer and key."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._numbers: dict[str, tuple[int, ...]] = {}
        self._opened: dict[tuple[str, int], bool] = {}

    def numbers(self, customer_id: str) -> tuple[int, ...]:
        """Return the data keys that a customer has, in ascending order."""
        if customer_id not in self._numbers:
            self._numbers[customer_id] = self._vault.data_key_numbers(customer_id)
        return self._numbers[customer_id]

    def opens(self, table: str, row: Mapping[str, object], column: str) -> bool:
        """Whether the sealed value in ``column`` of ``row`` is under a key that is there."""
        customer_id, sealed = str(row["customer_id"]), bytes(cast("bytes", row[column]))
        number = number_of(sealed)
        if number not in self.numbers(customer_id):
            return False
        if (customer_id, number) not in self._opened:
            place = CATALOGUE[table].places[column].format(**row)
            self._opened[customer_id, number] = self._tries(customer_id, table, place, sealed)
        return self._opened[customer_id, number]

    def _tries(self, customer_id: str, table: str, place: str, sealed: bytes) -> bool:
        try:
            self._vault.open(customer_id, table, place, sealed)
        except (SealBroken, KeyUnavailable):
            return False
        return True


def holds_lost_content(
    connection: Connection, probe: KeyProbe, *, among: Collection[str] | None = None
) -> bool:
    """Whether somebody who has keys lacks one that something of theirs is sealed under.

    Who has no key at all is being erased. Reads every sealed value of everybody, or of the
    customers ``among`` whom to look.
    """
    return any(
        _holds_lost(connection, probe, METADATA.tables[name], columns, among)
        for name, columns in _sealed_columns().items()
    )


def _sealed_columns() -> Mapping[str, list[str]]:
    found = {
        name: [column for column, kind in rule.columns.items() if kind is ColumnKind.SEALED]
        for name, rule in CATALOGUE.items()
        if rule.erasure is not ErasureRule.OUTLIVES
    }
    return {name: columns for name, columns in found.items() if columns}


def _holds_lost(
    connection: Connection,
    probe: KeyProbe,
    table: Table,
    columns: list[str],
    among: Collection[str] | None,
) -> bool:
    rows = select(table)
    if among is not None:
        rows = rows.where(table.c.customer_id.in_(sorted(among)))
    with connection.execute(rows.execution_options(yield_per=_BATCH)) as found:
        return any(
            not probe.opens(table.name, row, column)
            for row in map(_as_dict, found)
            if probe.numbers(row["customer_id"])
            for column in columns
            if row[column] is not None
        )


def _as_dict(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    return row._asdict()
