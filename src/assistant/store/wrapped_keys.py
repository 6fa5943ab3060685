"""Reads and writes wrapped keys; the SQL behind ``adapters.sql_key_store``.

Whoever adds a key holds its epoch's row; a rotation waits for them, and then sees what they added.
"""

import time
from collections.abc import Callable, Collection, Mapping
from typing import cast

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from assistant.store.dialects import Upsert
from assistant.store.key_tables import KEY_EPOCHS, SERVICE_KEYS, WRAPPED_KEYS
from assistant.vault.key_store import HASHING, EpochGone, NumberedKeys, WrappedKey

_W = WRAPPED_KEYS
_S = SERVICE_KEYS
_E = KEY_EPOCHS
_OF = _W.c.customer_id == bindparam("of_customer")
_OF_MANY = _W.c.customer_id.in_(bindparam("customers", expanding=True))
_FIND = select(_W.c.number, _W.c.epoch, _W.c.wrapped).where(_OF)
_HELD = _FIND.with_for_update()  # SQLite leaves it out: its one writer is alone anyway
_HAVE = select(_W.c.customer_id).distinct().where(_OF_MANY)
_ADD = Upsert(_W, keys=["customer_id", "number"])
_ADD_NEXT = insert(_W)
_DESTROY = delete(_W).where(_OF_MANY).returning(_W.c.epoch)
_DESTROY_BELOW = (
    delete(_W)
    .where(_OF, _W.c.number > HASHING, _W.c.number < bindparam("bound"))
    .returning(_W.c.epoch)
)
_COUNT_DESTROYED = (
    update(_E)
    .where(_E.c.epoch == bindparam("of_epoch"))
    .values(destroyed=_E.c.destroyed + bindparam("more"))
)
_FIND_SERVICE = select(_S.c.epoch, _S.c.wrapped).where(_S.c.name == bindparam("of_name"))
_ADD_SERVICE = Upsert(_S, keys=["name"])
_LATEST = select(func.max(_E.c.epoch))
_EPOCH = select(_E).where(_E.c.epoch == bindparam("of_epoch"))
_HOLD_EPOCH = _EPOCH.with_for_update(read=True)
_TAKE_EPOCH = _EPOCH.with_for_update()
_ADD_EPOCH = Upsert(_E, keys=["epoch"])
_MARK_ALONE = update(_E).where(_E.c.epoch == bindparam("of_epoch")).values(alone=True)
_DROP_EPOCH = delete(_E).where(_E.c.epoch == bindparam("of_epoch"))
_CHUNK = 500


class WrappedKeyRepository:
    """The key tables, one method per method of the port ``vault.key_store.KeyStore``."""

    def find_keys(self, connection: Connection, customer_id: str) -> dict[int, WrappedKey]:
        """Return a customer's keys by number."""
        rows = connection.execute(_FIND, {"of_customer": customer_id})
        return {row.number: WrappedKey(row.epoch, bytes(row.wrapped)) for row in rows}

    def add_keys(self, connection: Connection, keys: Mapping[str, NumberedKeys]) -> None:
        """Keep first keys of customers that have none."""
        have = set[str]()
        for chunk in _chunks(keys):
            have.update(connection.execute(_HAVE, {"customers": chunk}).scalars())
        rows = [
            {"customer_id": customer, "number": number, **_values(key)}
            for customer, numbered in keys.items()
            if customer not in have
            for number, key in numbered.items()
        ]
        if rows:
            self._hold_epochs(connection, [key for new in keys.values() for key in new.values()])
            connection.execute(_ADD.on(connection), rows)

    def add_data_key(
        self, connection: Connection, customer_id: str, key: WrappedKey, *, hashing: WrappedKey
    ) -> int | None:
        """Keep ``key`` under the next number, and ``hashing`` where there is no key number 0."""
        self._hold_epochs(connection, [key, hashing])
        numbers = self._hold_numbers(connection, customer_id)
        if not numbers - {HASHING}:
            return None
        new = {max(numbers) + 1: key}
        if HASHING not in numbers:
            new[HASHING] = hashing
        connection.execute(
            _ADD_NEXT,
            [{"customer_id": customer_id, "number": n, **_values(one)} for n, one in new.items()],
        )
        return max(new)

    def destroy_keys(self, connection: Connection, customer_ids: Collection[str]) -> None:
        """Delete every key of these customers."""
        for chunk in _chunks(customer_ids):
            gone = connection.execute(_DESTROY, {"customers": chunk}).scalars().all()
            _count_destroyed(connection, gone)

    def destroy_data_keys(self, connection: Connection, customer_id: str, *, below: int) -> None:
        """Delete data keys with a number below ``below``, the last one excepted."""
        last = max(self._hold_numbers(connection, customer_id), default=HASHING)
        values = {"of_customer": customer_id, "bound": min(below, last)}
        _count_destroyed(connection, connection.execute(_DESTROY_BELOW, values).scalars().all())

    def find_service_key(self, connection: Connection, name: str) -> WrappedKey | None:
        """Return the service's key of this name."""
        row = connection.execute(_FIND_SERVICE, {"of_name": name}).one_or_none()
        return None if row is None else WrappedKey(row.epoch, bytes(row.wrapped))

    def add_service_key(self, connection: Connection, name: str, key: WrappedKey) -> WrappedKey:
        """Keep a service key unless there is one; return the one that is kept."""
        self._hold_epochs(connection, [key])
        values = {"name": name, "epoch": key.epoch, "wrapped": key.wrapped}
        connection.execute(_ADD_SERVICE.on(connection), values)
        return self.find_service_key(connection, name) or key

    def latest_epoch(self, connection: Connection) -> int | None:
        """Return the highest epoch that is kept."""
        return cast("int | None", connection.execute(_LATEST).scalar_one())

    def find_check(self, connection: Connection, epoch: int) -> bytes | None:
        """Return the check value of an epoch."""
        row = connection.execute(_EPOCH, {"of_epoch": epoch}).one_or_none()
        return None if row is None else bytes(row.check_value)

    def add_epoch(self, connection: Connection, epoch: int, check: bytes) -> None:
        """Keep an epoch unless it is known."""
        values = {"epoch": epoch, "created_at": _now(), "check_value": check}
        connection.execute(_ADD_EPOCH.on(connection), values)

    def destroyed_keys(self, connection: Connection, epoch: int) -> int:
        """Return how many keys of customers were destroyed under an epoch."""
        row = connection.execute(_EPOCH, {"of_epoch": epoch}).one_or_none()
        return 0 if row is None else cast("int", row.destroyed)

    def mark_alone(self, connection: Connection, epoch: int) -> None:
        """Note that no earlier epoch is left anywhere."""
        connection.execute(_MARK_ALONE, {"of_epoch": epoch})

    def is_alone(self, connection: Connection, epoch: int) -> bool:
        """Whether no earlier epoch is left anywhere."""
        row = connection.execute(_EPOCH, {"of_epoch": epoch}).one_or_none()
        return row is not None and bool(row.alone)

    def rewrap(
        self,
        connection: Connection,
        *,
        old: int,
        new: int,
        check: bytes,
        convert: Callable[[bytes], bytes],
    ) -> int:
        """Rewrap all keys of epoch ``old`` as ``new`` and drop ``old``; count the customers'."""
        self.add_epoch(connection, new, check)
        connection.execute(_TAKE_EPOCH, {"of_epoch": old}).one_or_none()
        services = connection.execute(
            select(_S.c.name, _S.c.wrapped).where(_S.c.epoch == old).with_for_update()
        ).all()
        for name, wrapped in services:
            change = update(_S).where(_S.c.name == name)
            connection.execute(change.values(epoch=new, wrapped=convert(bytes(wrapped))))
        rows = connection.execute(
            select(_W.c.customer_id, _W.c.number, _W.c.wrapped)
            .where(_W.c.epoch == old)
            .with_for_update()
        ).all()
        changes = [
            {"of_customer": customer, "of_number": number, "rewrapped": convert(bytes(wrapped))}
            for customer, number, wrapped in rows
        ]
        if changes:
            replace = update(_W).where(_OF, _W.c.number == bindparam("of_number"))
            connection.execute(replace.values(epoch=new, wrapped=bindparam("rewrapped")), changes)
        connection.execute(_DROP_EPOCH, {"of_epoch": old})
        return len(changes)

    def _hold_numbers(self, connection: Connection, customer_id: str) -> set[int]:
        """Let nobody else change a customer's keys, then look which there are."""
        connection.execute(_HELD, {"of_customer": customer_id}).all()
        return set(self.find_keys(connection, customer_id))

    def _hold_epochs(self, connection: Connection, keys: Collection[WrappedKey]) -> None:
        """Keep the epochs of ``keys`` from going until this transaction ends.

        Raises:
            EpochGone: one of them is gone already.
        """
        for epoch in sorted({key.epoch for key in keys}):
            if connection.execute(_HOLD_EPOCH, {"of_epoch": epoch}).one_or_none() is None:
                raise EpochGone(f"the key database has no epoch {epoch} (any more)")


def _count_destroyed(connection: Connection, epochs: Collection[int]) -> None:
    for epoch in sorted(set(epochs)):
        more = sum(one == epoch for one in epochs)
        connection.execute(_COUNT_DESTROYED, {"of_epoch": epoch, "more": more})


def _values(key: WrappedKey) -> dict[str, int | bytes]:
    return {"epoch": key.epoch, "wrapped": key.wrapped, "created_at": _now()}


def _chunks(customer_ids: Collection[str]) -> list[list[str]]:
    ids = list(customer_ids)
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]


def _now() -> int:
    return time.time_ns() // 1_000_000
