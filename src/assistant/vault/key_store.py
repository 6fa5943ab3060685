"""The port to the key database: wrapped keys in, wrapped keys out, never a key in the clear.

Its implementation is ``adapters.sql_key_store``; one contract suite holds for it and for the fake
of the tests.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A 256-bit key wrapped (RFC 3394) under the key-encryption key of ``epoch``."""

    epoch: int
    wrapped: bytes


class KeyStore(Protocol):
    """Durable storage of wrapped keys; every method returns after the change is on disk."""

    def find_key(self, customer_id: str) -> WrappedKey | None:
        """Return the customer's wrapped data key, or None when there is none (any more)."""
        ...

    def add_keys(self, keys: Mapping[str, WrappedKey]) -> Mapping[str, WrappedKey]:
        """Keep ``keys`` by customer id unless a customer has one; return those that are kept."""
        ...

    def destroy_keys(self, customer_ids: Collection[str]) -> None:
        """Delete the keys of these customers; unknown ones are no error."""
        ...

    def find_service_key(self, name: str) -> WrappedKey | None:
        """Return the wrapped key of the service with this name."""
        ...

    def add_service_key(self, name: str, key: WrappedKey) -> WrappedKey:
        """Keep ``key`` unless the name has one; return the one that is kept."""
        ...

    def latest_epoch(self) -> int | None:
        """Return the epoch that keys are wrapped under, or None in an empty key database."""
        ...

    def find_check(self, epoch: int) -> bytes | None:
        """Return the value by which the key-encryption key of ``epoch`` is recognised."""
        ...

    def add_epoch(self, epoch: int, check: bytes) -> None:
        """Keep an epoch and its check value; a known epoch is left as it is."""
        ...

    def rewrap(self, *, old: int, new: int, check: bytes, convert: Callable[[bytes], bytes]) -> int:
        """Replace every key of epoch ``old`` by ``convert(wrapped)`` under ``new``, all or none.

        Afterwards the epoch ``old`` is gone. Returns how many customers' keys were replaced.
        """
        ...
