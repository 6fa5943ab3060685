"""Replies as they are stored, for an erasure that takes words out of them."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, select, update

from assistant.store.tables.accountability import UseRow
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.chat import TurnRow
from assistant.vault.vault import Vault

_T = table_of(TurnRow)
_U = table_of(UseRow)
_OF = _T.c.customer_id == bindparam("of_customer")
_AFTER = (
    select(_T.c.turn_key, _T.c.reply_sealed)
    .where(_OF, _T.c.turn_key > bindparam("after"), _T.c.reply_sealed.is_not(None))
    .order_by(_T.c.turn_key)
    .limit(bindparam("at_most"))
)
_NAMED = select(_T.c.turn_key, _T.c.reply_sealed).where(
    _OF,
    _T.c.turn_key.in_(bindparam("keys", expanding=True)),
    _T.c.reply_sealed.is_not(None),
)
_USING = select(_U.c.turn_key).where(
    _U.c.customer_id == bindparam("of_customer"),
    _U.c.item_id.in_(bindparam("items", expanding=True)),
    _U.c.turn_key.is_not(None),
)
_REPLACE = (
    update(_T)
    .where(_OF, _T.c.turn_key == bindparam("of_turn"), _T.c.reply_sealed == bindparam("old"))
    .values(reply_sealed=bindparam("new"))
)
_CHUNK = 500


class StoredReplies:
    """Reads and replaces the sealed replies of one customer."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def list_using(
        self, connection: Connection, customer_id: str, item_ids: Collection[str]
    ) -> Sequence[str]:
        """Return the keys of the turns whose replies used one of the items."""
        keys: dict[str, None] = {}
        items = sorted(item_ids)
        for start in range(0, len(items), _CHUNK):
            values = {"of_customer": customer_id, "items": items[start : start + _CHUNK]}
            keys |= dict.fromkeys(connection.execute(_USING, values).scalars())
        return list(keys)

    def list_named(
        self, connection: Connection, customer_id: str, turn_keys: Sequence[str]
    ) -> Sequence[tuple[str, bytes]]:
        """Return the sealed replies of these turns, by key."""
        found: list[tuple[str, bytes]] = []
        for start in range(0, len(turn_keys), _CHUNK):
            values = {"of_customer": customer_id, "keys": turn_keys[start : start + _CHUNK]}
            rows = connection.execute(_NAMED, values)
            found += [(row.turn_key, bytes(row.reply_sealed)) for row in rows]
        return found

    def list_after(
        self, connection: Connection, customer_id: str, *, after: str, limit: int
    ) -> Sequence[tuple[str, bytes]]:
        """Return the sealed replies of the turns that follow the key ``after``."""
        values = {"of_customer": customer_id, "after": after, "at_most": limit}
        rows = connection.execute(_AFTER, values)
        return [(row.turn_key, bytes(row.reply_sealed)) for row in rows]

    def open(self, customer_id: str, turn_key: str, sealed: bytes) -> bytes:
        """Return the content of a sealed reply."""
        return self._vault.open(customer_id, _T.name, f"{turn_key}/reply", sealed)

    def replace(
        self, connection: Connection, customer_id: str, turn_key: str, *, old: bytes, reply: bytes
    ) -> bool:
        """Seal ``reply`` in place of the sealed value ``old``; False where that has changed."""
        sealed = self._vault.seal(customer_id, _T.name, f"{turn_key}/reply", reply)
        values = {"of_customer": customer_id, "of_turn": turn_key, "old": old, "new": sealed}
        return connection.execute(_REPLACE, values).rowcount == 1
