"""The access log: every reading of a customer's items, by whom and for what, shown to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from assistant.core.actor import Role
from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.ids import TurnKey, new_id
from assistant.store.tables.accountability import AccessRow
from assistant.store.tables.catalogue import table_of

_A = table_of(AccessRow)
_ADD = insert(_A)
_LIST = (
    select(_A)
    .where(_A.c.customer_id == bindparam("of_customer"))
    .order_by(_A.c.entry_id.desc())
    .limit(bindparam("at_most"))
)


@dataclass(frozen=True, slots=True)
class Access:
    """One reading; ``items`` counts what was opened, ``item_ids`` names what is worth naming."""

    role: Role
    purpose: str
    categories: frozenset[str]
    items: int
    item_ids: tuple[str, ...]
    at: datetime
    turn_key: TurnKey | None = None


class AccessLogRepository:
    """Appends readings and lists a customer's."""

    def add_access(self, connection: Connection, customer_id: str, access: Access) -> None:
        """Append one reading."""
        values = {
            "customer_id": customer_id,
            "entry_id": new_id(),
            "at": to_epoch_ms(access.at),
            "role": access.role.value,
            "purpose": access.purpose,
            "categories": " ".join(sorted(access.categories)),
            "items": access.items,
            "item_ids": " ".join(access.item_ids),
            "turn_key": access.turn_key,
        }
        connection.execute(_ADD, values)

    def list_accesses(
        self, connection: Connection, customer_id: str, *, limit: int = 1000
    ) -> Sequence[Access]:
        """Return the readings of a customer's items, newest first."""
        rows = connection.execute(_LIST, {"of_customer": customer_id, "at_most": limit})
        return [_access(row) for row in rows]


def _access(row: Row[*tuple[Any, ...]]) -> Access:
    return Access(
        role=Role(row.role),
        purpose=row.purpose,
        categories=frozenset(row.categories.split()),
        items=row.items,
        item_ids=tuple(row.item_ids.split()),
        at=from_epoch_ms(row.at),
        turn_key=row.turn_key,
    )
