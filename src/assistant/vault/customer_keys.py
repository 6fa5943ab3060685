"""One customer's unwrapped keys, and the bounded number of customers whose keys stay in memory."""

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assistant.vault.envelope import KEY_BYTES
from assistant.vault.key_store import HASHING


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key as the cipher that seals with it, and the subkey of hashes that die with it."""

    sealing: AESGCM = field(repr=False)
    hashing: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CustomerKeys:
    """What seals, opens and hashes for one customer; ``current`` is the number that seals."""

    current: int
    data_keys: Mapping[int, DataKey]
    hashing: bytes = field(repr=False)


def customer_keys(unwrapped: Mapping[int, bytes]) -> CustomerKeys:
    """Return the keys of a customer from what the key database holds, at least one data key.

    Customers from before there was a key number 0 hash with the subkey of their first data key.
    """
    data_keys = {
        number: DataKey(AESGCM(key), hashing_subkey(key))
        for number, key in unwrapped.items()
        if number != HASHING
    }
    hashing = unwrapped.get(HASHING) or data_keys[min(data_keys)].hashing
    return CustomerKeys(max(data_keys), data_keys, hashing)


def hashing_subkey(data_key: bytes) -> bytes:
    """Return the key for hashes that die with ``data_key``."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"assistant keyed hash").derive(data_key)


def labelled_hash(key: bytes, label: str, value: bytes) -> bytes:
    """Return the HMAC-SHA-256 of ``value`` under ``key``, apart from that under other labels."""
    return hmac.digest(key, label.encode() + b"\0" + value, hashlib.sha256)


class CustomerKeyCache:
    """The keys of the customers that were needed last; safe to use from several threads.

    Keys that were fetched before somebody asked to forget them are not kept afterwards: ``version``
    before the fetch must still be the one at ``keep``.
    """

    def __init__(self, *, size: int) -> None:
        self._size = size
        self._known: OrderedDict[str, CustomerKeys] = OrderedDict()
        self._version = 0
        self._lock = threading.Lock()

    @property
    def version(self) -> int:
        """How often something was forgotten."""
        return self._version

    def find(self, customer_id: str) -> CustomerKeys | None:
        """Return the customer's keys, which are the last to go from now on."""
        with self._lock:
            if (known := self._known.get(customer_id)) is not None:
                self._known.move_to_end(customer_id)
            return known

    def keep(self, customer_id: str, keys: CustomerKeys, *, version: int) -> None:
        """Keep what was fetched while ``version`` was the version."""
        with self._lock:
            if version != self._version:
                return
            self._known[customer_id] = keys
            while len(self._known) > self._size:
                self._known.popitem(last=False)

    def forget(self, customer_id: str) -> None:
        """Drop one customer's keys."""
        with self._lock:
            self._version += 1
            self._known.pop(customer_id, None)

    def forget_all(self) -> None:
        """Drop everybody's keys."""
        with self._lock:
            self._version += 1
            self._known.clear()
