"""A key store in a dict, held to the same contract suite as the one in SQL."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from assistant.vault.key_store import HASHING, EpochGone, NumberedKeys, WrappedKey

T = TypeVar("T")


@dataclass
class InMemoryKeyStore:
    """Fulfils ``vault.key_store.KeyStore``."""

    keys: dict[str, dict[int, WrappedKey]] = field(default_factory=dict)
    service_keys: dict[str, WrappedKey] = field(default_factory=dict)
    epochs: dict[int, bytes] = field(default_factory=dict)
    destroyed: dict[int, int] = field(default_factory=dict)
    alone: set[int] = field(default_factory=set)
    finds: int = 0
    """How often a customer's keys were asked for, for tests of the vault's cache."""

    _lock: threading.RLock = field(default_factory=threading.RLock)

    def find_keys(self, customer_id: str) -> NumberedKeys:
        with self._lock:
            self.finds += 1
            return dict(self.keys.get(customer_id, {}))

    def add_keys(self, keys: Mapping[str, NumberedKeys]) -> None:
        with self._lock:
            fresh = {one: dict(new) for one, new in keys.items() if one not in self.keys}
            self._hold(key for new in fresh.values() for key in new.values())
            self.keys |= fresh

    def add_data_key(self, customer_id: str, key: WrappedKey, *, hashing: WrappedKey) -> int | None:
        with self._lock:
            self._hold([key, hashing])
            if not (known := self.keys.get(customer_id)):
                return None
            number = max(known) + 1
            known[number] = key
            known.setdefault(HASHING, hashing)
            return number

    def destroy_keys(self, customer_ids: Collection[str]) -> None:
        with self._lock:
            for customer_id in customer_ids:
                self._count(self.keys.pop(customer_id, {}).values())

    def destroy_data_keys(self, customer_id: str, *, below: int) -> None:
        with self._lock:
            known = self.keys.get(customer_id, {})
            gone = {n for n in known if HASHING < n < min(below, max(known))}
            self._count(known.pop(number) for number in gone)

    def find_service_key(self, name: str) -> WrappedKey | None:
        return self.service_keys.get(name)

    def add_service_key(self, name: str, key: WrappedKey) -> WrappedKey:
        with self._lock:
            self._hold([key])
            return self.service_keys.setdefault(name, key)

    def latest_epoch(self) -> int | None:
        return max(self.epochs, default=None)

    def find_check(self, epoch: int) -> bytes | None:
        return self.epochs.get(epoch)

    def add_epoch(self, epoch: int, check: bytes) -> None:
        self.epochs.setdefault(epoch, check)

    def destroyed_keys(self, epoch: int) -> int:
        return self.destroyed.get(epoch, 0)

    def mark_alone(self, epoch: int) -> None:
        self.alone.add(epoch)

    def is_alone(self, epoch: int) -> bool:
        return epoch in self.alone

    def rewrap(self, *, old: int, new: int, check: bytes, convert: Callable[[bytes], bytes]) -> int:
        with self._lock:
            keys = {one: _converted(own, old, new, convert) for one, own in self.keys.items()}
            services = _converted(self.service_keys, old, new, convert)
            changed = sum(key.epoch == old for own in self.keys.values() for key in own.values())
            self.keys, self.service_keys = keys, services
            self.epochs.setdefault(new, check)
            self.epochs.pop(old, None)
            return changed

    def checkpoint(self, patience_s: float = 2.0) -> bool:
        del patience_s
        return True

    def _hold(self, keys: Iterable[WrappedKey]) -> None:
        if gone := {key.epoch for key in keys} - self.epochs.keys():
            raise EpochGone(f"no epoch {gone}")

    def _count(self, keys: Iterable[WrappedKey]) -> None:
        for key in keys:
            self.destroyed[key.epoch] = self.destroyed.get(key.epoch, 0) + 1


def _converted(
    keys: Mapping[T, WrappedKey], old: int, new: int, convert: Callable[[bytes], bytes]
) -> dict[T, WrappedKey]:
    return {
        name: WrappedKey(new, convert(key.wrapped)) if key.epoch == old else key
        for name, key in keys.items()
    }
