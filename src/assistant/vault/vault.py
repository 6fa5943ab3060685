"""The vault: random data keys per customer, and everything that is done with them.

Keys lie wrapped in the key database and are unwrapped on first use; those of a bounded number of
customers stay in memory, least recently used out first. Destroying a wrapped key makes all that
was sealed under it unreadable for ever: all keys of a customer at once, or, when only a part is
erased, the data keys from before the rest was sealed anew under a new one.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Collection
from typing import Self, TypeVar

from assistant.core.errors import KeyUnavailable, SealBroken
from assistant.vault.customer_keys import (
    CustomerKeyCache,
    CustomerKeys,
    DataKey,
    customer_keys,
    labelled_hash,
)
from assistant.vault.envelope import KEY_BYTES, Place, header_of, number_of, open_sealed, seal
from assistant.vault.key_files import KeyRing
from assistant.vault.key_store import HASHING, EpochGone, KeyStore, NumberedKeys, WrappedKey
from assistant.vault.wrapping import KeyWrapping

T = TypeVar("T")

_EXTERNAL_IDS = "external-ids"

_ROTATIONS = 5
"""Rotations that one step may meet, one after the other: a busy machine may let it wait long."""


class Vault:
    """Seals, opens and hashes for one customer at a time; safe to use from several threads."""

    def __init__(self, *, keys: KeyStore, wrapping: KeyWrapping, cache_size: int = 4096) -> None:
        self._keys = keys
        self._wrapping = wrapping
        self._cache = CustomerKeyCache(size=cache_size)
        self._service: dict[str, bytes] = {}

    @classmethod
    def unlock(
        cls,
        keys: KeyStore,
        ring: KeyRing,
        *,
        cache_size: int = 4096,
        reread: Callable[[], KeyRing] | None = None,
    ) -> Self:
        """Return a vault after proving that ``ring`` holds the key of this key database.

        An empty key database takes the ring's newest key as its own. ``reread`` fetches the ring
        again when another process has rotated the keys.

        Raises:
            KeyUnavailable: the key is another one than the database was written with.
        """
        wrapping = KeyWrapping.unlock(keys, ring, reread)
        return cls(keys=keys, wrapping=wrapping, cache_size=cache_size)

    def create_key(self, customer_id: str) -> None:
        """Make the first keys of a customer; durable on return, and no change if there are some."""
        self.create_keys([customer_id])

    def create_keys(self, customer_ids: Collection[str]) -> None:
        """Make the first keys of many customers in one durable step."""
        customers = list(customer_ids)
        self._adding(lambda: self._keys.add_keys({one: self._first_keys() for one in customers}))

    def add_data_key(self, customer_id: str) -> int:
        """Make a data key that seals from now on, durable on return; return its number.

        Raises:
            KeyUnavailable: the customer has no keys (any more).
        """
        hashing = self._fetch(customer_id).hashing
        fresh = os.urandom(KEY_BYTES)
        number = self._adding(
            lambda: self._keys.add_data_key(
                customer_id, self._wrapping.wrap(fresh), hashing=self._wrapping.wrap(hashing)
            )
        )
        self.forget(customer_id)
        if number is None:
            raise _no_keys()
        return number

    def data_key_numbers(self, customer_id: str) -> tuple[int, ...]:
        """Return the numbers of the data keys that are left, ascending; read anew each time."""
        return tuple(sorted(self._keys.find_keys(customer_id).keys() - {HASHING}))

    def destroy_data_keys(self, customer_id: str, *, below: int) -> None:
        """Destroy the data keys with a number under ``below``; the last one always stays."""
        self._keys.destroy_data_keys(customer_id, below=below)
        self.forget(customer_id)

    def shred(self, customer_id: str) -> None:
        """Destroy every key of a customer, here and in the key database."""
        self.shred_all([customer_id])

    def shred_all(self, customer_ids: Collection[str]) -> None:
        """Destroy every key of these customers in one durable step."""
        self._keys.destroy_keys(customer_ids)
        for customer_id in customer_ids:
            self.forget(customer_id)

    def forget(self, customer_id: str) -> None:
        """Drop the customer's unwrapped keys here; they are fetched again when needed."""
        self._cache.forget(customer_id)

    def forget_all(self) -> None:
        """Drop everybody's unwrapped keys here."""
        self._cache.forget_all()

    def seal(self, customer_id: str, table: str, row: str, plaintext: bytes) -> bytes:
        """Seal ``plaintext`` for this customer and place, under the current data key."""
        keys = self._customer_keys(customer_id)
        place = Place(customer_id, table, row)
        key = keys.data_keys[keys.current].sealing
        return seal(key, plaintext, place=place, number=keys.current)

    def open(self, customer_id: str, table: str, row: str, sealed: bytes) -> bytes:
        """Open what was sealed for this customer and place, under whichever data key.

        Raises:
            SealBroken: it was changed or comes from another place.
            KeyUnavailable: the customer has no key (any more) that opens it.
        """
        key = self._data_key(customer_id, number_of(sealed))
        return open_sealed(key.sealing, sealed, place=Place(customer_id, table, row))

    def reseal(self, customer_id: str, table: str, row: str, sealed: bytes) -> bytes:
        """Return ``sealed`` under the current data key instead; raises what ``open`` does."""
        return self.seal(customer_id, table, row, self.open(customer_id, table, row, sealed))

    def header(self, customer_id: str) -> bytes:
        """Return the header of the current data key, read anew from the key database."""
        return header_of(self._fetch(customer_id).current)

    def keyed_hash(self, customer_id: str, label: str, value: bytes) -> bytes:
        """Return 32 bytes that only this customer's keys can make of ``value`` under ``label``.

        They stay the same when the data key changes, until all keys are shredded.
        """
        return labelled_hash(self._customer_keys(customer_id).hashing, label, value)

    def sealed_hash(
        self, customer_id: str, label: str, value: bytes, number: int | None = None
    ) -> bytes:
        """Return 32 bytes of ``value`` that nobody can check once data key ``number`` is gone.

        For content that could be guessed. Without a number: under the current data key. Raises
        what ``open`` does.
        """
        if number is None:
            number = self._customer_keys(customer_id).current
        return labelled_hash(self._data_key(customer_id, number).hashing, label, value)

    def external_hash(self, external_id: str) -> bytes:
        """Return the HMAC-SHA-256 of a company's own id for a customer, under a service key."""
        return self.service_hash(_EXTERNAL_IDS, external_id.encode())

    def service_hash(self, name: str, value: bytes) -> bytes:
        """Return the HMAC-SHA-256 of ``value`` under the service key of this name."""
        return hmac.digest(self.service_key(name), value, hashlib.sha256)

    def service_key(self, name: str) -> bytes:
        """Return the service's own 32-byte key of this name; made at first use, then always it."""
        if (known := self._service.get(name)) is not None:
            return known
        fresh = os.urandom(KEY_BYTES)

        def find_or_add() -> bytes:
            stored = self._keys.find_service_key(name)
            if stored is None:
                stored = self._keys.add_service_key(name, self._wrapping.wrap(fresh))
            return self._wrapping.unwrap(stored)

        return self._service.setdefault(name, self._adding(find_or_add))

    @property
    def epoch(self) -> int:
        """The epoch of the key-encryption key that new keys are wrapped under."""
        return self._wrapping.epoch

    def epoch_destroyed(self, epoch: int) -> bool:
        """Whether a finished rotation rid the key database and the key file of ``epoch``."""
        latest = self._keys.latest_epoch()
        return latest is not None and latest > epoch and self._keys.is_alone(latest)

    def _customer_keys(self, customer_id: str) -> CustomerKeys:
        return self._cache.find(customer_id) or self._fetch(customer_id)

    def _data_key(self, customer_id: str, number: int) -> DataKey:
        """Return a data key by number; an unknown one may have been made by another process."""
        keys = self._customer_keys(customer_id)
        if number not in keys.data_keys:
            keys = self._fetch(customer_id)
        if number > keys.current:
            raise SealBroken("sealed content names a data key that its customer never had")
        if number not in keys.data_keys:
            raise _no_keys()
        return keys.data_keys[number]

    def _fetch(self, customer_id: str) -> CustomerKeys:
        version = self._cache.version
        keys = self._adding(lambda: self._unwrapped(self._keys.find_keys(customer_id)))
        self._cache.keep(customer_id, keys, version=version)
        return keys

    def _unwrapped(self, stored: NumberedKeys) -> CustomerKeys:
        if not stored.keys() - {HASHING}:
            raise _no_keys()
        return customer_keys({n: self._wrapping.unwrap(key) for n, key in stored.items()})

    def _first_keys(self) -> dict[int, WrappedKey]:
        return {n: self._wrapping.wrap(os.urandom(KEY_BYTES)) for n in (HASHING, 1)}

    def _adding(self, step: Callable[[], T]) -> T:
        """Do ``step`` again when a rotation went on while it wrapped or read; not for ever."""
        for _ in range(_ROTATIONS):
            epoch = self._wrapping.epoch
            try:
                return step()
            except EpochGone:
                self._wrapping.follow(epoch)
        return step()


def _no_keys() -> KeyUnavailable:
    return KeyUnavailable(
        "a customer's data key is not in the key database: it was destroyed by an erasure, "
        "or the database and the key database do not belong together"
    )
