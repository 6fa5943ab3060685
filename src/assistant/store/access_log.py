"""The access log: every reading of a customer's items, by whom and for what, shown to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, Row, bindparam, insert, select

from assistant.core.actor import Role
from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.ids import TurnKey, new_id
from assistant.store.tables.accountability import AccessRow
from assistant.store.tables.catalogue import table_of

Reading: TypeAlias = Literal[
    "answer",
    "context",
    "discarded",
    "indexing",
    "retention",
    "erasure",
    "export",
    "ask",
    "check",
    "merge",
    "reveal",
    "support",
]
"""What was done with what was read; ``discarded`` was opened and let go again unused, because
consent moved or the turn had its reply already, ``context`` is what was said before in the same
conversation, ``reveal`` names a customer to the operator."""

_A = table_of(AccessRow)
_ADD = insert(_A)
_OF = _A.c.customer_id == bindparam("of_customer")
_LIST = (
    select(_A)
    .where(_OF, _A.c.entry_id < bindparam("before"))
    .order_by(_A.c.entry_id.desc())
    .limit(bindparam("at_most"))
)
_AFTER_EVERY_ID = "g"
"""Sorts after every id, which is made of hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Access:
    """One reading; ``items`` counts what was opened, ``item_ids`` names what is worth naming.

    ``actor`` says who exactly: a worker's name or a member of staff; empty is the role itself.
    ``entry_id`` is given when the reading is written.
    """

    role: Role
    purpose: str
    categories: frozenset[str]
    items: int
    item_ids: tuple[str, ...]
    at: datetime
    turn_key: TurnKey | None = None
    actor: str = ""
    reading: Reading = "answer"
    entry_id: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Name the role where nobody is named."""
        if not self.actor:
            object.__setattr__(self, "actor", self.role.value)


class AccessLogRepository:
    """Appends readings and lists a customer's."""

    def add_access(self, connection: Connection, customer_id: str, access: Access) -> None:
        """Append one reading."""
        values = {
            "customer_id": customer_id,
            "entry_id": access.entry_id or new_id(),
            "at": to_epoch_ms(access.at),
            "role": access.role.value,
            "purpose": access.purpose,
            "categories": " ".join(sorted(access.categories)),
            "items": access.items,
            "item_ids": " ".join(access.item_ids),
            "turn_key": access.turn_key,
            "actor": access.actor,
            "reading": access.reading,
        }
        connection.execute(_ADD, values)

    def list_accesses(
        self,
        connection: Connection,
        customer_id: str,
        *,
        limit: int = 1000,
        before: str | None = None,
    ) -> Sequence[Access]:
        """Return the readings of a customer's items, newest first, after the entry ``before``."""
        values = {"of_customer": customer_id, "before": before or _AFTER_EVERY_ID}
        return [_access(row) for row in connection.execute(_LIST, {**values, "at_most": limit})]


def _access(row: Row[*tuple[Any, ...]]) -> Access:
    return Access(
        role=Role(row.role),
        purpose=row.purpose,
        categories=frozenset(row.categories.split()),
        items=row.items,
        item_ids=tuple(row.item_ids.split()),
        at=from_epoch_ms(row.at),
        turn_key=row.turn_key,
        actor=row.actor,
        reading=row.reading,
        entry_id=row.entry_id,
    )
