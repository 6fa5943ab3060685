"""Uses: one row each time a personal item helped to produce something, shown to the customer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, select, true

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.ids import TurnKey, new_id
from assistant.store.tables.accountability import UseRow
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.chat import FeedbackRow

UsedIn: TypeAlias = Literal["answer", "nudge", "suggestion", "draft", "aggregate"]
ItemKind: TypeAlias = Literal["event", "fact", "turn"]

_U = table_of(UseRow)
_F = table_of(FeedbackRow)
_ADD = insert(_U)
_OF = _U.c.customer_id == bindparam("of_customer")
_LIST = (
    select(_U)
    .where(_OF, _U.c.use_id < bindparam("before"))
    .order_by(_U.c.use_id.desc())
    .limit(bindparam("at_most"))
)
_BY_ITEM = (
    select(
        _U.c.item_id,
        func.count().label("times"),
        func.max(_U.c.at).label("last"),
    )
    .where(_OF, _U.c.item_id.in_(bindparam("items", expanding=True)))
    .group_by(_U.c.item_id)
)
_BY_TURN = (
    select(_U.c.turn_key, _U.c.item_kind, _U.c.item_id)
    .where(_OF, _U.c.turn_key.in_(bindparam("turns", expanding=True)))
    .order_by(_U.c.use_id)
)
_TURNS_OF_ITEMS = (
    select(_U.c.item_id, _U.c.turn_key)
    .where(_OF, _U.c.item_id.in_(bindparam("items", expanding=True)), _U.c.turn_key.is_not(None))
    .order_by(_U.c.use_id.desc())
)
_VERDICT = and_(_F.c.customer_id == _U.c.customer_id, _F.c.turn_key == _U.c.turn_key)
_BY_CATEGORY = (
    select(
        _U.c.category,
        func.count().label("uses"),
        func.count(_U.c.item_id.distinct()).label("items"),
        func.count().filter(_F.c.helped == true()).label("helped"),
        func.count().filter(_F.c.helped != true()).label("did_not_help"),
        func.max(_U.c.at).label("last"),
    )
    .select_from(_U.outerjoin(_F, _VERDICT))
    .where(_OF)
    .group_by(_U.c.category)
)
_AFTER_EVERY_ID = "g"
"""Sorts after every id, which is made of hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Use:
    """An item (``event``, ``fact``, ``turn``) that helped; ``turn_key`` is None outside a turn.

    A ``turn`` is something said before in the same conversation that a later question leaned on.
    """

    item_kind: str
    item_id: str
    category: str
    purpose: str
    at: datetime
    turn_key: TurnKey | None = None
    used_in: UsedIn = "answer"


@dataclass(frozen=True, slots=True)
class StoredUse:
    """A use with the id it was stored under, by which lists go on."""

    use_id: str
    use: Use


@dataclass(frozen=True, slots=True)
class ItemUses:
    """How often one item was used, and when last."""

    times: int
    last: datetime


@dataclass(frozen=True, slots=True)
class CategoryUses:
    """How often a category's items were used, how many of them, and what customers said of it."""

    uses: int
    items: int
    helped: int
    did_not_help: int
    last: datetime


class UseRepository:
    """Appends uses, lists a customer's and adds them up."""

    def add_uses(self, connection: Connection, customer_id: str, uses: Sequence[Use]) -> None:
        """Append uses; an empty sequence is no work."""
        if uses:
            connection.execute(_ADD, [_values(customer_id, use) for use in uses])

    def list_uses(
        self, connection: Connection, customer_id: str, *, limit: int = 1000
    ) -> Sequence[Use]:
        """Return a customer's uses, newest first."""
        return [stored.use for stored in self.page_uses(connection, customer_id, limit=limit)]

    def page_uses(
        self,
        connection: Connection,
        customer_id: str,
        *,
        limit: int,
        before: str | None = None,
    ) -> Sequence[StoredUse]:
        """Return a customer's uses, newest first, after the one with the id ``before``."""
        values = {"of_customer": customer_id, "before": before or _AFTER_EVERY_ID}
        rows = connection.execute(_LIST, {**values, "at_most": limit})
        return [StoredUse(row.use_id, _use(row)) for row in rows]

    def count_by_item(
        self, connection: Connection, customer_id: str, item_ids: Collection[str]
    ) -> Mapping[str, ItemUses]:
        """Return how often each of these items was used; those never used are left out."""
        values = {"of_customer": customer_id, "items": list(item_ids)}
        return {
            row.item_id: ItemUses(row.times, from_epoch_ms(row.last))
            for row in connection.execute(_BY_ITEM, values)
        }

    def list_turns_of_items(
        self, connection: Connection, customer_id: str, item_ids: Collection[str]
    ) -> Mapping[str, Sequence[TurnKey]]:
        """Return the turns whose replies each of these items helped to make, newest first."""
        turns: dict[str, list[TurnKey]] = {}
        values = {"of_customer": customer_id, "items": list(item_ids)}
        for row in connection.execute(_TURNS_OF_ITEMS, values):
            turns.setdefault(row.item_id, []).append(row.turn_key)
        return turns

    def list_items_of_turns(
        self, connection: Connection, customer_id: str, turn_keys: Collection[str]
    ) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Return kind and id of the items that helped to make the replies of these turns."""
        items: dict[str, list[tuple[str, str]]] = {}
        values = {"of_customer": customer_id, "turns": list(turn_keys)}
        for row in connection.execute(_BY_TURN, values):
            items.setdefault(row.turn_key, []).append((row.item_kind, row.item_id))
        return items

    def add_up_by_category(
        self, connection: Connection, customer_id: str
    ) -> Mapping[str, CategoryUses]:
        """Return what was used of each category, and whether the customer said that it helped."""
        rows = connection.execute(_BY_CATEGORY, {"of_customer": customer_id})
        return {
            row.category: CategoryUses(
                row.uses, row.items, row.helped, row.did_not_help, from_epoch_ms(row.last)
            )
            for row in rows
        }


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
        "used_in": use.used_in,
    }


def _use(row: Row[*tuple[Any, ...]]) -> Use:
    return Use(
        item_kind=row.item_kind,
        item_id=row.item_id,
        category=row.category,
        purpose=row.purpose,
        at=from_epoch_ms(row.at),
        turn_key=row.turn_key,
        used_in=row.used_in,
    )
