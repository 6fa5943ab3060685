"""Puts the rows of a backup into empty tables, through every trigger and foreign key.

Content whose data key is gone cannot be opened by anybody any more: its rows are left out, with
the rows that hang on them, and counted. Where others hang on the row itself (a customer, a decision
in a chain) only the content is left out. Everything else is put back as it was, sealed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Insert, Table, bindparam, column, insert, table, update

from assistant.core.erasure import ErasureState
from assistant.core.errors import InvalidInput
from assistant.store.backup_file import Value
from assistant.store.erasing import RowEraser
from assistant.store.lost_content import KeyProbe
from assistant.store.tables import CATALOGUE, METADATA, ColumnKind, ErasureRule
from assistant.vault.envelope import SHUT, header_of

Row = dict[str, Value]

_CUSTOMERS: Final = METADATA.tables["customers"]
_BLOCKS: Final = METADATA.tables["history_blocks"]
_ERASURES: Final = METADATA.tables["erasures"]
_STATES: Final = tuple(ErasureState)
_FIRST_HEADER: Final = header_of(1)
_BATCH: Final = 500
_LEASES: Final = {"erasures": ("lease_owner", "lease_until")}
"""Who was at work when the backup was made; nobody is any more."""

_SET_SEALING = (
    update(_CUSTOMERS)
    .where(_CUSTOMERS.c.customer_id == bindparam("of_customer"))
    .values(sealing=bindparam("header"))
)
_ADVANCE = update(_ERASURES).where(
    _ERASURES.c.customer_id == bindparam("of_customer"),
    _ERASURES.c.erasure_id == bindparam("of_erasure"),
)


@dataclass(slots=True)
class Loaded:
    """What became of the rows of a backup, by table, and what is left to do."""

    stored: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    """Rows that nobody can open any more, and the rows that hang on them."""

    emptied: Counter[str] = field(default_factory=Counter)
    """Rows that were kept without the sealed content nobody can open any more."""

    unindexed: set[str] = field(default_factory=set)
    """Customers whose packed history was left out: it is to be made anew of what is left."""


class TableLoader:
    """Loads one table after the other into the database of ``connection``, in one transaction."""

    def __init__(self, connection: Connection, *, probe: KeyProbe) -> None:
        self._connection = connection
        self._probe = probe
        self._sealing: dict[str, bytes] = {}
        self._gone: dict[tuple[str, tuple[str, ...]], set[tuple[Value, ...]]] = {}
        self.loaded = Loaded()

    def load(
        self,
        name: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Value]],
        on_row: Callable[[], None],
    ) -> None:
        """Load the rows of table ``name``; its parents were loaded before.

        Raises:
            InvalidInput: this service has no such table.
        """
        if name not in METADATA.tables:
            raise InvalidInput(f"the backup holds a table that is not known: {name!r}")
        target = METADATA.tables[name]
        statement = insert(table(name, *(column(each) for each in columns)))
        batch: list[Row] = []
        for values in rows:
            row = dict(zip(columns, values, strict=True))
            if self._prepare(target, row):
                batch.append(row)
            if len(batch) >= _BATCH:
                self._put_back(target, statement, batch)
                batch = []
            on_row()
        if batch:
            self._put_back(target, statement, batch)

    def finish(self) -> Loaded:
        """Let new content be sealed under each customer's newest key only; return what was done."""
        moved = [
            {"of_customer": customer_id, "header": header}
            for customer_id, header in self._sealing.items()
            if header != _FIRST_HEADER
        ]
        if moved:
            self._connection.execute(_SET_SEALING, moved)
        for customer_id in self.loaded.unindexed:
            RowEraser().drop_block(self._connection, customer_id)
        return self.loaded

    def _put_back(self, target: Table, statement: Insert, rows: Sequence[Row]) -> None:
        """Store rows; an erasure begins blocked and goes through its states as it went before."""
        if target is not _ERASURES:
            self._connection.execute(statement, rows)
            return
        reached = [_STATES.index(ErasureState(str(row["state"]))) for row in rows]
        begun = [
            {**row, "state": _STATES[min(state, 1)].value}
            for row, state in zip(rows, reached, strict=True)
        ]
        self._connection.execute(statement, begun)
        for step in range(2, len(_STATES)):
            keys = [
                {"of_customer": row["customer_id"], "of_erasure": row["erasure_id"]}
                for row, state in zip(rows, reached, strict=True)
                if state >= step
            ]
            if keys:
                self._connection.execute(_ADVANCE.values(state=_STATES[step].value), keys)

    def _prepare(self, target: Table, row: Row) -> bool:
        """Return whether ``row`` is put back, after changing in it what must be."""
        for name in _LEASES.get(target.name, ()):
            row[name] = None
        rule = CATALOGUE[target.name]
        if rule.personal and rule.erasure is not ErasureRule.OUTLIVES:
            customer_id = str(row["customer_id"])
            if self._is_gone(target, row) or not self._open_to(target, row, customer_id):
                self._leave_out(target, row)
                return False
            if target is _CUSTOMERS:
                self._begin_customer(row, customer_id)
        self.loaded.stored[target.name] += 1
        return True

    def _open_to(self, target: Table, row: Row, customer_id: str) -> bool:
        """Whether the customer has the keys of the row's content, or it can do without it."""
        if not self._probe.numbers(customer_id):
            return False
        for name in _sealed(target, row):
            if self._probe.opens(target.name, row, name):
                continue
            if not _may_be_emptied(target, name):
                return False
            row[name] = None
            self.loaded.emptied[target.name] += 1
        return True

    def _begin_customer(self, row: Row, customer_id: str) -> None:
        """Take content of every key at first; who was blocked stays blocked in the end."""
        blocked = row["sealing"] == SHUT
        newest = header_of(self._probe.numbers(customer_id)[-1])
        self._sealing[customer_id] = SHUT if blocked else newest
        row["sealing"] = _FIRST_HEADER

    def _is_gone(self, target: Table, row: Row) -> bool:
        """Whether a row that this one hangs on was left out."""
        for key in target.foreign_key_constraints:
            referred = tuple(element.column.name for element in key.elements)
            gone = self._gone.get((key.referred_table.name, referred))
            if gone and tuple(row[name] for name in key.column_keys) in gone:
                return True
        return False

    def _leave_out(self, target: Table, row: Row) -> None:
        self.loaded.left_out[target.name] += 1
        if target is _BLOCKS:
            self.loaded.unindexed.add(str(row["customer_id"]))
        for referred in _REFERRED.get(target.name, ()):
            key = tuple(row[name] for name in referred)
            self._gone.setdefault((target.name, referred), set()).add(key)


def _sealed(target: Table, row: Row) -> Sequence[str]:
    """Return the columns of a row that hold sealed content."""
    kinds = CATALOGUE[target.name].columns
    return [
        name
        for name, value in row.items()
        if kinds.get(name) is ColumnKind.SEALED and isinstance(value, bytes)
    ]


def _may_be_emptied(target: Table, name: str) -> bool:
    """Whether a row stays without this content: a customer, or an entry of a chain."""
    guarded = CATALOGUE[target.name].erasure is ErasureRule.DELETE_GUARDED
    return bool(target.c[name].nullable) and (guarded or target is _CUSTOMERS)


def _referred() -> dict[str, set[tuple[str, ...]]]:
    """Return by which columns rows of each table are referred to; customers by their keys."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for each in METADATA.sorted_tables:
        for key in each.foreign_key_constraints:
            referred = tuple(element.column.name for element in key.elements)
            found.setdefault(key.referred_table.name, set()).add(referred)
    found.pop(_CUSTOMERS.name, None)
    return found


_REFERRED: Final = _referred()
