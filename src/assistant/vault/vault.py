"""The vault: one random data key per customer, and everything that is done with it.

Data keys lie wrapped in the key database and are unwrapped on first use; a bounded number of them
stays in memory, least recently used out first. Destroying a customer's wrapped key makes all that
was sealed for them unreadable for ever.
"""

import hashlib
import hmac
import os
import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from assistant.core.errors import KeyUnavailable
from assistant.vault.envelope import KEY_BYTES, Place, open_sealed, seal
from assistant.vault.key_files import KeyEncryptionKey, KeyRing
from assistant.vault.key_store import KeyStore, WrappedKey

_EXTERNAL_IDS = "external-ids"


@dataclass(frozen=True, slots=True)
class _CustomerKeys:
    """A customer's unwrapped data key and the subkey of keyed hashes."""

    sealing: bytes = field(repr=False)
    hashing: bytes = field(repr=False)


class Vault:
    """Seals, opens and hashes for one customer at a time; safe to use from several threads."""

    def __init__(self, *, keys: KeyStore, key: KeyEncryptionKey, cache_size: int = 4096) -> None:
        self._keys = keys
        self._key = key
        self._cache: OrderedDict[str, _CustomerKeys] = OrderedDict()
        self._cache_size = cache_size
        self._service: dict[str, bytes] = {}
        self._lock = threading.Lock()

    @classmethod
    def unlock(cls, keys: KeyStore, ring: KeyRing, *, cache_size: int = 4096) -> Self:
        """Return a vault after proving that ``ring`` holds the key of this key database.

        An empty key database takes the ring's newest key as its own.

        Raises:
            KeyUnavailable: the key is another one than the database was written with.
        """
        key = _matching_key(keys, ring)
        return cls(keys=keys, key=key, cache_size=cache_size)

    def create_key(self, customer_id: str) -> None:
        """Make a data key for a customer; durable on return, and no change if there is one."""
        self.create_keys([customer_id])

    def create_keys(self, customer_ids: Collection[str]) -> None:
        """Make data keys for many customers in one durable step."""
        fresh = {customer: self._wrap(os.urandom(KEY_BYTES)) for customer in customer_ids}
        self._keys.add_keys(fresh)

    def shred(self, customer_id: str) -> None:
        """Destroy a customer's data key, here and in the key database."""
        self._keys.destroy_keys([customer_id])
        self.forget(customer_id)

    def forget(self, customer_id: str) -> None:
        """Drop the customer's unwrapped key from this process; it is fetched again when needed."""
        with self._lock:
            self._cache.pop(customer_id, None)

    def seal(self, customer_id: str, table: str, row: str, plaintext: bytes) -> bytes:
        """Seal ``plaintext`` for this customer and place."""
        key = self._customer_keys(customer_id).sealing
        return seal(key, plaintext, place=Place(customer_id, table, row))

    def open(self, customer_id: str, table: str, row: str, sealed: bytes) -> bytes:
        """Open what was sealed for this customer and place.

        Raises:
            SealBroken: it was changed or comes from another place.
            KeyUnavailable: the customer has no key (any more).
        """
        key = self._customer_keys(customer_id).sealing
        return open_sealed(key, sealed, place=Place(customer_id, table, row))

    def keyed_hash(self, customer_id: str, label: str, value: bytes) -> bytes:
        """Return 32 bytes that only this customer's key can make of ``value`` under ``label``."""
        key = self._customer_keys(customer_id).hashing
        return hmac.digest(key, label.encode() + b"\0" + value, hashlib.sha256)

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
        stored = self._keys.find_service_key(name)
        if stored is None:
            stored = self._keys.add_service_key(name, self._wrap(os.urandom(KEY_BYTES)))
        return self._service.setdefault(name, self._unwrap(stored))

    def _customer_keys(self, customer_id: str) -> _CustomerKeys:
        with self._lock:
            if (known := self._cache.get(customer_id)) is not None:
                self._cache.move_to_end(customer_id)
                return known
        stored = self._keys.find_key(customer_id)
        if stored is None:
            raise KeyUnavailable(
                "a customer's data key is not in the key database: it was destroyed by an erasure, "
                "or the database and the key database do not belong together"
            )
        return self._remember(customer_id, _derive(self._unwrap(stored)))

    def _remember(self, customer_id: str, keys: _CustomerKeys) -> _CustomerKeys:
        with self._lock:
            self._cache[customer_id] = keys
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)
        return keys

    def _wrap(self, key: bytes) -> WrappedKey:
        return WrappedKey(self._key.epoch, aes_key_wrap(self._key.secret, key))

    def _unwrap(self, stored: WrappedKey) -> bytes:
        try:
            return aes_key_unwrap(self._key.secret, stored.wrapped)
        except InvalidUnwrap as error:
            raise KeyUnavailable(
                f"a key of epoch {stored.epoch} does not unwrap under the key-encryption key of "
                f"epoch {self._key.epoch}; restart after a rotation, or put back the right key file"
            ) from error


def rotate_keys(keys: KeyStore, *, old: KeyEncryptionKey, new: KeyEncryptionKey) -> int:
    """Wrap every key anew under ``new`` in one step and forget the epoch of ``old``.

    Returns the number of customers' keys. Whoever calls keeps both keys in the key file until this
    has returned.
    """
    return keys.rewrap(
        old=old.epoch,
        new=new.epoch,
        check=_check_value(new),
        convert=lambda wrapped: aes_key_wrap(new.secret, aes_key_unwrap(old.secret, wrapped)),
    )


def _matching_key(keys: KeyStore, ring: KeyRing) -> KeyEncryptionKey:
    epoch = keys.latest_epoch()
    if epoch is None:
        keys.add_epoch(ring.newest.epoch, _check_value(ring.newest))
        epoch = ring.newest.epoch
    check = keys.find_check(epoch)
    secret = ring.keys.get(epoch)
    key = KeyEncryptionKey(epoch, secret or b"")
    if secret is None or check is None or not hmac.compare_digest(check, _check_value(key)):
        raise KeyUnavailable(
            f"the key-encryption key from {ring.origin!r} is not the one (epoch {epoch}) that this "
            "key database was written with; put the right key file back, or point "
            "ASSISTANT_KEY_FILE and ASSISTANT_KEYS_URL at the pair that belongs together"
        )
    return key


def _check_value(key: KeyEncryptionKey) -> bytes:
    return hmac.digest(key.secret, b"assistant key check %d" % key.epoch, hashlib.sha256)


def _derive(data_key: bytes) -> _CustomerKeys:
    subkey = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"assistant keyed hash").derive(data_key)
    return _CustomerKeys(sealing=data_key, hashing=subkey)
