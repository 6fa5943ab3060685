"""Reads and writes wrapped keys; the SQL behind ``adapters.sql_key_store``."""

import time
from collections.abc import Callable, Collection, Mapping
from typing import cast

from sqlalchemy import Connection, bindparam, delete, func, select, update

from assistant.store.dialects import Upsert
from assistant.store.key_tables import KEY_EPOCHS, SERVICE_KEYS, WRAPPED_KEYS
from assistant.vault.key_store import WrappedKey

_W = WRAPPED_KEYS
_S = SERVICE_KEYS
_E = KEY_EPOCHS
_FIND = select(_W.c.customer_id, _W.c.epoch, _W.c.wrapped).where(
    _W.c.customer_id.in_(bindparam("customers", expanding=True))
)
_ADD = Upsert(_W, keys=["customer_id"])
_DESTROY = delete(_W).where(_W.c.customer_id.in_(bindparam("customers", expanding=True)))
_FIND_SERVICE = select(_S.c.epoch, _S.c.wrapped).where(_S.c.name == bindparam("of_name"))
_ADD_SERVICE = Upsert(_S, keys=["name"])
_LATEST = select(func.max(_E.c.epoch))
_CHECK = select(_E.c.check_value).where(_E.c.epoch == bindparam("of_epoch"))
_ADD_EPOCH = Upsert(_E, keys=["epoch"])
_DROP_EPOCH = delete(_E).where(_E.c.epoch == bindparam("of_epoch"))
_CHUNK = 500


class WrappedKeyRepository:
    """The key tables, one method per method of the port ``vault.key_store.KeyStore``."""

    def find_keys(
        self, connection: Connection, customer_ids: Collection[str]
    ) -> dict[str, WrappedKey]:
        """Return the keys of those customers that have one."""
        found: dict[str, WrappedKey] = {}
        for chunk in _chunks(customer_ids):
            for row in connection.execute(_FIND, {"customers": chunk}):
                found[row.customer_id] = WrappedKey(row.epoch, bytes(row.wrapped))
        return found

    def add_keys(
        self, connection: Connection, keys: Mapping[str, WrappedKey]
    ) -> dict[str, WrappedKey]:
        """Keep keys of customers that have none; return what is kept for each."""
        now = _now()
        rows = [
            {"customer_id": customer, "epoch": key.epoch, "wrapped": key.wrapped, "created_at": now}
            for customer, key in keys.items()
        ]
        if rows:
            connection.execute(_ADD.on(connection), rows)
        return self.find_keys(connection, keys)

    def destroy_keys(self, connection: Connection, customer_ids: Collection[str]) -> None:
        """Delete the keys of these customers."""
        for chunk in _chunks(customer_ids):
            connection.execute(_DESTROY, {"customers": chunk})

    def find_service_key(self, connection: Connection, name: str) -> WrappedKey | None:
        """Return the service's key of this name."""
        row = connection.execute(_FIND_SERVICE, {"of_name": name}).one_or_none()
        return None if row is None else WrappedKey(row.epoch, bytes(row.wrapped))

    def add_service_key(self, connection: Connection, name: str, key: WrappedKey) -> WrappedKey:
        """Keep a service key unless there is one; return the one that is kept."""
        values = {"name": name, "epoch": key.epoch, "wrapped": key.wrapped}
        connection.execute(_ADD_SERVICE.on(connection), values)
        return self.find_service_key(connection, name) or key

    def latest_epoch(self, connection: Connection) -> int | None:
        """Return the highest epoch that is kept."""
        return cast("int | None", connection.execute(_LATEST).scalar_one())

    def find_check(self, connection: Connection, epoch: int) -> bytes | None:
        """Return the check value of an epoch."""
        found = connection.execute(_CHECK, {"of_epoch": epoch}).scalar_one_or_none()
        return None if found is None else bytes(found)

    def add_epoch(self, connection: Connection, epoch: int, check: bytes) -> None:
        """Keep an epoch unless it is known."""
        values = {"epoch": epoch, "created_at": _now(), "check_value": check}
        connection.execute(_ADD_EPOCH.on(connection), values)

    def rewrap(
        self,
        connection: Connection,
        *,
        old: int,
        new: int,
        check: bytes,
        convert: Callable[[bytes], bytes],
    ) -> int:
        """Rewrap all keys of epoch ``old`` as ``new`` and drop ``old``; return the customers'."""
        self.add_epoch(connection, new, check)
        for table, name in ((_S, "name"), (_W, "customer_id")):
            column = table.c[name]
            rows = connection.execute(
                select(column, table.c.wrapped).where(table.c.epoch == old).with_for_update()
            ).all()
            change = (
                update(table)
                .where(column == bindparam("of_row"))
                .values(epoch=new, wrapped=bindparam("rewrapped"))
            )
            changes = [{"of_row": row[0], "rewrapped": convert(bytes(row[1]))} for row in rows]
            if changes:
                connection.execute(change, changes)
        connection.execute(_DROP_EPOCH, {"of_epoch": old})
        return len(changes)


def _chunks(customer_ids: Collection[str]) -> list[list[str]]:
    ids = list(customer_ids)
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]


def _now() -> int:
    return time.time_ns() // 1_000_000
