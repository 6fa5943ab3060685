"""Uses: one row each time a personal item helped to produce something, shown to the customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.ids import TurnKey, new_id
from assistant.store.tables.accountability import UseRow
from assistant.store.tables.catalogue import table_of

_U = table_of(UseRow)
_ADD = insert(_U)
_LIST = (
    select(_U)
    .where(_U.c.customer_id == bindparam("of_customer"))
    .order_by(_U.c.use_id.desc())
    .limit(bindparam("at_most"))
)


@dataclass(frozen=True, slots=True)
class Use:
    """An item (``event``, later ``fact``) that helped; ``turn_key`` is None outside a turn."""

    item_kind: str
    item_id: str
    category: str
    purpose: str
    at: datetime
    turn_key: TurnKey | None = None


class UseRepository:
    """Appends uses and lists a customer's."""

    def add_uses(self, connection: Connection, customer_id: str, uses: Sequence[Use]) -> None:
        """Append uses; an empty sequence is no work."""
        if uses:
            connection.execute(_ADD, [_values(customer_id, use) for use in uses])

    def list_uses(
        self, connection: Connection, customer_id: str, *, limit: int = 1000
    ) -> Sequence[Use]:
        """Return a customer's uses, newest first."""
        rows = connection.execute(_LIST, {"of_customer": customer_id, "at_most": limit})
        return [_use(row) for row in rows]


def _values(customer_id: str, use: Use) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "use_id": new_id(),
        "turn_key": use.turn_key,
        "item_kind": use.item_kind,
        "item_id": use.item_id,
        "category": use.category,
        "purpose": use.purpose,
        "at": to_epoch_ms(use.at),
    }


def _use(row: Row[*tuple[Any, ...]]) -> Use:
    return Use(
        item_kind=row.item_kind,
        item_id=row.item_id,
        category=row.category,
        purpose=row.purpose,
        at=from_epoch_ms(row.at),
        turn_key=row.turn_key,
    )
