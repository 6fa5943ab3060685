"""A key store in a dict, held to the same contract suite as the one in SQL."""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from assistant.vault.key_store import WrappedKey


@dataclass
class InMemoryKeyStore:
    """Fulfils ``vault.key_store.KeyStore``."""

    keys: dict[str, WrappedKey] = field(default_factory=dict)
    service_keys: dict[str, WrappedKey] = field(default_factory=dict)
    epochs: dict[int, bytes] = field(default_factory=dict)
    finds: int = 0
    """How often a customer's key was asked for, for tests of the vault's cache."""

    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find_key(self, customer_id: str) -> WrappedKey | None:
        self.finds += 1
        return self.keys.get(customer_id)

    def add_keys(self, keys: Mapping[str, WrappedKey]) -> Mapping[str, WrappedKey]:
        with self._lock:
            return {customer: self.keys.setdefault(customer, key) for customer, key in keys.items()}

    def destroy_keys(self, customer_ids: Collection[str]) -> None:
        with self._lock:
            for customer_id in customer_ids:
                self.keys.pop(customer_id, None)

    def find_service_key(self, name: str) -> WrappedKey | None:
        return self.service_keys.get(name)

    def add_service_key(self, name: str, key: WrappedKey) -> WrappedKey:
        with self._lock:
            return self.service_keys.setdefault(name, key)

    def latest_epoch(self) -> int | None:
        return max(self.epochs, default=None)

    def find_check(self, epoch: int) -> bytes | None:
        return self.epochs.get(epoch)

    def add_epoch(self, epoch: int, check: bytes) -> None:
        self.epochs.setdefault(epoch, check)

    def rewrap(self, *, old: int, new: int, check: bytes, convert: Callable[[bytes], bytes]) -> int:
        with self._lock:
            keys = _converted(self.keys, old, new, convert)
            service_keys = _converted(self.service_keys, old, new, convert)
            changed = sum(key.epoch == old for key in self.keys.values())
            self.keys, self.service_keys = keys, service_keys
            self.epochs.setdefault(new, check)
            self.epochs.pop(old, None)
            return changed


def _converted(
    keys: Mapping[str, WrappedKey], old: int, new: int, convert: Callable[[bytes], bytes]
) -> dict[str, WrappedKey]:
    return {
        name: WrappedKey(new, convert(key.wrapped)) if key.epoch == old else key
        for name, key in keys.items()
    }
