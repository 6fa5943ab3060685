"""The words of an erasure: what can be erased, why, and how far one has come."""

from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Literal, TypeAlias

from assistant.core.ids import CustomerId

Scope: TypeAlias = Literal["item", "conversation", "category", "all_data", "everything"]
"""``all_data`` keeps the account and its consents, ``everything`` keeps nothing of the customer."""

Extent: TypeAlias = Scope | Literal["expired", "corrected"]
"""A scope, or what was kept for as long as was said, in all categories, or old words of a fact."""

Cause: TypeAlias = Literal["customer", "operator", "retention", "withdrawal", "merge", "replay"]
"""Who or what asked: never more than such a word."""


class ErasureState(StrEnum):
    """How far an erasure has come; each state holds what the ones before it promise."""

    REQUESTED = "REQUESTED"
    """The erasure ledger has it: no restore brings back what it covers."""

    BLOCKED_FOR_USE = "BLOCKED_FOR_USE"
    """Nothing in scope is used or shown any more, in any process."""

    KEY_DESTROYED = "KEY_DESTROYED"
    """The key that sealed it is gone from the key database and its write-ahead log."""

    ROWS_PURGED = "ROWS_PURGED"
    """No row of it is left."""

    PHYSICALLY_VERIFIED = "PHYSICALLY_VERIFIED"
    """Samples taken before are found in no live file."""

    BACKUP_FINAL = "BACKUP_FINAL"
    """No copy of the key database that could unwrap its key is kept any more."""


Forget: TypeAlias = Callable[[Collection[CustomerId]], None]
"""Drops what is held in memory of customers; returns at once."""


class ErasureNotices:
    """Tells the parts of one process whose memory must go."""

    def __init__(self) -> None:
        self._forget: list[Forget] = []

    def listen(self, forget: Forget) -> None:
        """Call ``forget`` for customers of whom something was erased."""
        self._forget.append(forget)

    def tell(self, customers: Collection[CustomerId]) -> None:
        """Let every part forget these customers."""
        for forget in self._forget:
            forget(customers)
