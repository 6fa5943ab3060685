"""Data keys that a scan may use: every key ever issued, or those that still exist.

With them the scan opens sealed values where they lie, and looks for torn ones in raw bytes: a value
without its whole length or its place cannot be verified, but AES-GCM is a stream cipher, and what
its beginning deciphers to can be read.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from numpy.typing import NDArray
from sqlalchemy import select
from tests.fakes.key_store import InMemoryKeyStore

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.core.errors import SealBroken
from assistant.store.key_tables import WRAPPED_KEYS
from assistant.vault.envelope import Place, open_sealed
from assistant.vault.key_files import KeyRing
from assistant.vault.key_store import HASHING, KeyStore, NumberedKeys, WrappedKey

_LONGEST = 1 << 12
"""Bytes of a torn value that are deciphered: beyond a page of a database, others come between."""

_BEYOND_ASCII = np.uint64(0x8080808080808080)
_FIRST_HEADER, _LATER_HEADER, _NONCE = 1, 5, 12


@dataclass(frozen=True, slots=True)
class IssuedKeys:
    """Data keys in the clear, by customer."""

    by_customer: Mapping[str, frozenset[bytes]] = field(default_factory=dict, repr=False)

    def __or__(self, other: "IssuedKeys") -> "IssuedKeys":
        customers = self.by_customer.keys() | other.by_customer.keys()
        return IssuedKeys({one: self.of(one) | other.of(one) for one in customers})

    def of(self, customer_id: str) -> frozenset[bytes]:
        """Return the customer's keys."""
        return self.by_customer.get(customer_id, frozenset())

    def only(self, customer_ids: Collection[str]) -> "IssuedKeys":
        """Return the keys of these customers alone."""
        return IssuedKeys({one: self.of(one) for one in customer_ids})

    def everything(self) -> frozenset[bytes]:
        """Return all keys of all customers."""
        return frozenset().union(*self.by_customer.values())

    @classmethod
    def of_store(cls, store: InMemoryKeyStore | SqlKeyStore, ring: KeyRing) -> "IssuedKeys":
        """Return every data key that is in a key store now."""
        if isinstance(store, InMemoryKeyStore):
            return cls({one: _unwrapped(keys, ring) for one, keys in store.keys.items()})
        rows = store._database.read_now(lambda c: c.execute(select(WRAPPED_KEYS)).all())
        keys: dict[str, dict[int, WrappedKey]] = {}
        for row in rows:
            stored = WrappedKey(row.epoch, bytes(row.wrapped))
            keys.setdefault(row.customer_id, {})[row.number] = stored
        return cls({one: _unwrapped(numbered, ring) for one, numbered in keys.items()})

    def open(self, place: Place, sealed: bytes) -> bytes | None:
        """Return the content of a sealed value, or None when no key of its customer opens it."""
        for key in self.of(place.customer_id):
            try:
                return open_sealed(key, sealed, place=place)
            except SealBroken:
                continue
        return None

    def torn_contents(self, content: bytes) -> Iterator[bytes]:
        """Yield what looks like text behind anything in ``content`` that could be a sealed value.

        One buffer for each key, with the beginnings of all such values in it.
        """
        keys = self.everything()
        if not keys or len(content) < _LATER_HEADER + _NONCE + 24:
            return
        candidates = _Candidates.of(content)
        for key in keys:
            if plain := b"\n".join(candidates.readable(content, key)):
                yield plain


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Where in some bytes a sealed value may begin, and the counter blocks of its content."""

    bodies: NDArray[np.int64]
    counters: bytes
    ciphered: NDArray[np.uint64]
    """The first 24 bytes of each, as three numbers."""

    @classmethod
    def of(cls, content: bytes) -> "_Candidates":
        raw = np.frombuffer(content, dtype=np.uint8)
        room = len(raw) - _LATER_HEADER - _NONCE - 24
        head = raw[:room]
        (first,) = np.nonzero(head == 1)
        (later,) = np.nonzero((head == 2) & (raw[1 : room + 1] == 0) & (raw[2 : room + 2] == 0))
        nonces = np.concatenate([first + _FIRST_HEADER, later + _LATER_HEADER])
        blocks = np.zeros((len(nonces), 2, 16), dtype=np.uint8)
        blocks[:, :, :_NONCE] = raw[nonces[:, None] + np.arange(_NONCE)][:, None, :]
        blocks[:, 0, 15], blocks[:, 1, 15] = 2, 3
        bodies = nonces + _NONCE
        ciphered = np.ascontiguousarray(raw[bodies[:, None] + np.arange(24)]).view(np.uint64)
        return cls(bodies, blocks.tobytes(), ciphered)

    def readable(self, content: bytes, key: bytes) -> Iterator[bytes]:
        """Yield the content of each candidate that deciphers to letters at its beginning.

        At its first, ninth or seventeenth byte: some contents begin with a nonce of their own.
        """
        if not len(self.bodies):
            return
        stream = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(self.counters)  # noqa: S305
        plain = np.frombuffer(stream, dtype=np.uint64).reshape(-1, 4)[:, :3] ^ self.ciphered
        (near,) = np.nonzero(((plain & _BEYOND_ASCII) == 0).any(axis=1))
        octets = np.ascontiguousarray(plain[near]).view(np.uint8).reshape(-1, 3, 8)
        letters = ((octets >= 0x20) & (octets < 0x7F)).all(axis=2).any(axis=1)
        for body in self.bodies[near[letters]]:
            start = int(body)
            counter = content[start - _NONCE : start] + b"\0\0\0\2"
            cipher = Cipher(algorithms.AES(key), modes.CTR(counter)).decryptor()
            yield cipher.update(content[start : start + _LONGEST])


class RecordingKeyStore:
    """A key store that remembers every data key that passes through it, destroyed or not."""

    def __init__(self, inner: KeyStore, ring: KeyRing) -> None:
        self._inner = inner
        self._ring = ring
        self._seen: dict[str, frozenset[bytes]] = {}

    @property
    def issued(self) -> IssuedKeys:
        """Every data key so far."""
        return IssuedKeys(dict(self._seen))

    def find_keys(self, customer_id: str) -> NumberedKeys:
        return self._inner.find_keys(customer_id)

    def add_keys(self, keys: Mapping[str, NumberedKeys]) -> None:
        self._inner.add_keys(keys)
        for customer_id, numbered in keys.items():
            self._remember(customer_id, numbered)

    def add_data_key(self, customer_id: str, key: WrappedKey, *, hashing: WrappedKey) -> int | None:
        number = self._inner.add_data_key(customer_id, key, hashing=hashing)
        self._remember(customer_id, {1: key})
        return number

    def destroy_keys(self, customer_ids: Collection[str]) -> None:
        self._inner.destroy_keys(customer_ids)

    def destroy_data_keys(self, customer_id: str, *, below: int) -> None:
        self._inner.destroy_data_keys(customer_id, below=below)

    def find_service_key(self, name: str) -> WrappedKey | None:
        return self._inner.find_service_key(name)

    def add_service_key(self, name: str, key: WrappedKey) -> WrappedKey:
        return self._inner.add_service_key(name, key)

    def latest_epoch(self) -> int | None:
        return self._inner.latest_epoch()

    def find_check(self, epoch: int) -> bytes | None:
        return self._inner.find_check(epoch)

    def add_epoch(self, epoch: int, check: bytes) -> None:
        self._inner.add_epoch(epoch, check)

    def destroyed_keys(self, epoch: int) -> int:
        return self._inner.destroyed_keys(epoch)

    def mark_alone(self, epoch: int) -> None:
        self._inner.mark_alone(epoch)

    def is_alone(self, epoch: int) -> bool:
        return self._inner.is_alone(epoch)

    def rewrap(self, *, old: int, new: int, check: bytes, convert: Callable[[bytes], bytes]) -> int:
        return self._inner.rewrap(old=old, new=new, check=check, convert=convert)

    def checkpoint(self, patience_s: float = 2.0) -> bool:
        return self._inner.checkpoint(patience_s)

    def _remember(self, customer_id: str, keys: NumberedKeys) -> None:
        known = self._seen.get(customer_id, frozenset())
        self._seen[customer_id] = known | _unwrapped(keys, self._ring)


def _unwrapped(keys: NumberedKeys, ring: KeyRing) -> frozenset[bytes]:
    return frozenset(
        aes_key_unwrap(ring.keys[key.epoch], key.wrapped)
        for number, key in keys.items()
        if number != HASHING
    )
