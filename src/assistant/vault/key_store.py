"""The port to the key database: wrapped keys in, wrapped keys out, never a key in the clear.

A customer has one key for keyed hashes, number 0, and one data key or more, numbered from 1; the
highest seals. Its implementation is ``adapters.sql_key_store``; one contract suite holds for it
and for the fake of the tests.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from assistant.core.errors import KeyUnavailable

HASHING: Final = 0
"""The number of the key that keyed hashes are made with; it stays when data keys change."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A 256-bit key wrapped (RFC 3394) under the key-encryption key of ``epoch``."""

    epoch: int
    wrapped: bytes


NumberedKeys: TypeAlias = Mapping[int, WrappedKey]
"""A customer's wrapped keys by number."""


class EpochGone(KeyUnavailable):
    """A key was wrapped under an epoch that the key database does not have (any more)."""


class KeyStore(Protocol):
    """Durable storage of wrapped keys; every method returns after the change is on disk.

    Whatever adds a key raises ``EpochGone``, and adds nothing, when the epoch that it is wrapped
    under is not in the database: a rotation went on meanwhile, and would never rewrap it.
    """

    def find_keys(self, customer_id: str) -> NumberedKeys:
        """Return all keys of a customer; empty when there is none (any more)."""
        ...

    def add_keys(self, keys: Mapping[str, NumberedKeys]) -> None:
        """Keep first keys by customer id; a customer who has any key keeps just those."""
        ...

    def add_data_key(self, customer_id: str, key: WrappedKey, *, hashing: WrappedKey) -> int | None:
        """Keep ``key`` under the customer's next number and return that number.

        ``hashing`` becomes key number 0 where there is none. Returns None, and adds nothing, for a
        customer without keys.
        """
        ...

    def destroy_keys(self, customer_ids: Collection[str]) -> None:
        """Delete every key of these customers; unknown ones are no error."""
        ...

    def destroy_data_keys(self, customer_id: str, *, below: int) -> None:
        """Delete the customer's data keys with a number below ``below``, never their last one."""
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

    def destroyed_keys(self, epoch: int) -> int:
        """Return how many customers' keys were destroyed while ``epoch`` wrapped them."""
        ...

    def mark_alone(self, epoch: int) -> None:
        """Note that no key of an earlier epoch is left, in the database or in the key file."""
        ...

    def is_alone(self, epoch: int) -> bool:
        """Whether ``mark_alone`` was called for ``epoch``."""
        ...

    def rewrap(self, *, old: int, new: int, check: bytes, convert: Callable[[bytes], bytes]) -> int:
        """Replace every key of epoch ``old`` by ``convert(wrapped)`` under ``new``, all or none.

        Afterwards the epoch ``old`` is gone. Returns how many keys of customers were replaced.
        """
        ...

    def checkpoint(self, patience_s: float = 2.0) -> bool:
        """Bring what was deleted out of the database's journal; False when readers held on."""
        ...
