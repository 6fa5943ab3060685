"""Which events of a customer were erased, so that they stay away when they are sent again.

Business systems deliver at least once. What is kept of an erased event is the keyed hash by which
it was known, and nothing that tells what it was. Where a restored database never held the events
that the erasure ledger says were erased, all up to that erasure are refused.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import Connection, bindparam, delete, func, insert, select, tuple_, update

from assistant.core.clock import to_epoch_ms
from assistant.core.errors import KeyUnavailable, SealBroken
from assistant.core.ids import new_id
from assistant.store.dialects import Upsert
from assistant.store.event_hashes import erased_hash_of
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.customers import CustomerRow
from assistant.store.tables.erasures import ErasedCategoryRow, ErasedEventRow
from assistant.store.tables.history import EventRow
from assistant.vault.vault import Vault

ALL_CATEGORIES: Final = "*"
"""Stands for every category where all data was erased."""

_C = table_of(CustomerRow)
_H = table_of(EventRow)
_E = table_of(ErasedEventRow)
_K = table_of(ErasedCategoryRow)
_ADD = Upsert(_E, keys=["customer_id", "event_hash"])
_KNOWN = select(_E.c.customer_id, _E.c.event_hash).where(
    tuple_(_E.c.customer_id, _E.c.event_hash).in_(bindparam("pairs", expanding=True))
)
_HOLD = (
    select(_C.c.customer_id)
    .where(_C.c.customer_id.in_(bindparam("customers", expanding=True)))
    .order_by(_C.c.customer_id)
    .with_for_update(read=True, key_share=True)  # SQLite leaves it out: its one writer is alone
)
_BOUNDS = select(_K).where(_K.c.customer_id.in_(bindparam("customers", expanding=True)))
_ONE = (_K.c.customer_id == bindparam("of_customer"), _K.c.category == bindparam("of_category"))
_MOVE = update(_K).where(*_ONE, _K.c.until < bindparam("at")).values(until=bindparam("at"))
_BOUND = select(func.count()).select_from(_K).where(*_ONE)
_ADD_BOUND = insert(_K)
_DROP = (
    delete(_E).where(_E.c.erased_at < bindparam("before")),
    delete(_K).where(_K.c.until < bindparam("before")),
)
_SEALED = select(_H.c.sealed).where(
    _H.c.customer_id == bindparam("of_customer"), _H.c.event_id == bindparam("of_event")
)
_CHUNK = 500

Bounds = Mapping[tuple[str, str], int]
"""By customer and category: the time, in milliseconds since 1970, up to which events are erased."""


class ErasedEvents:
    """Remembers erased events, inside the caller's write."""

    def remember(
        self,
        connection: Connection,
        customer_id: str,
        event_hashes: Collection[bytes],
        *,
        at: datetime,
    ) -> None:
        """Refuse these events of the customer from now on."""
        moment = to_epoch_ms(at)
        rows = [
            {
                "customer_id": customer_id,
                "refusal_id": new_id(),
                "event_hash": each,
                "erased_at": moment,
            }
            for each in event_hashes
        ]
        if rows:
            connection.execute(_ADD.on(connection), rows)

    def refuse_until(
        self, connection: Connection, customer_id: str, category: str, *, until: datetime
    ) -> None:
        """Refuse events of a category (or of ``ALL_CATEGORIES``) that are not later than this."""
        moment = to_epoch_ms(until)
        one = {"of_customer": customer_id, "of_category": category}
        if connection.execute(_BOUND, one).scalar_one():
            connection.execute(_MOVE, {**one, "at": moment})
            return
        row = {"customer_id": customer_id, "category": category, "until": moment}
        connection.execute(_ADD_BOUND, row)

    def hold(self, connection: Connection, customers: Collection[str]) -> None:
        """Let no erasure of these customers come between what is read now and this write's end."""
        if connection.dialect.name == "postgresql":
            connection.execute(_HOLD, {"customers": sorted(set(customers))})

    def find_erased(
        self, connection: Connection, keys: Collection[tuple[str, bytes]]
    ) -> frozenset[tuple[str, bytes]]:
        """Return those of ``keys`` (customer and hash of the event) that were erased."""
        pairs = list(keys)
        return frozenset(
            (row.customer_id, bytes(row.event_hash))
            for start in range(0, len(pairs), _CHUNK)
            for row in connection.execute(_KNOWN, {"pairs": pairs[start : start + _CHUNK]})
        )

    def bounds(self, connection: Connection, customers: Collection[str]) -> Bounds:
        """Return up to when events of which categories of these customers are refused."""
        wanted = sorted(set(customers))
        return {
            (row.customer_id, row.category): row.until
            for start in range(0, len(wanted), _CHUNK)
            for row in connection.execute(_BOUNDS, {"customers": wanted[start : start + _CHUNK]})
        }

    def drop(self, connection: Connection, *, before: datetime) -> None:
        """Forget what was erased before this: such events are past every retention by now."""
        for statement in _DROP:
            connection.execute(statement, {"before": to_epoch_ms(before)})


class LastingHashes:
    """Tells by what an event is known again in whatever database, and nothing else of it."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def find_hash(
        self, connection: Connection, customer_id: str, event_id: str, external_hash: bytes
    ) -> bytes | None:
        """Return the hash; None for no such event of theirs, or one that nobody opens any more."""
        values = {"of_customer": customer_id, "of_event": event_id}
        sealed = connection.execute(_SEALED, values).scalar_one_or_none()
        if sealed is None:
            return None
        try:
            opened = self._vault.open(customer_id, _H.name, event_id, bytes(sealed))
        except (KeyUnavailable, SealBroken):
            return None
        content = orjson.loads(opened)
        return erased_hash_of(self._vault, external_hash, content["source"], content["id"])
