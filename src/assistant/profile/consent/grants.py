"""A grant: the only thing that opens a customer's history, and the refusal given instead.

Only ``profile.consent.gate`` makes grants. Whoever holds one proves that the gate was asked; the
repositories that read history take a ``Grant`` and no customer id, so there is no call that forgets
to ask. A grant names the consent epoch it was made under; the epoch is read again in the
transaction that lets what was read leave the process.
"""

from dataclasses import dataclass, field
from typing import Literal

from assistant.core.actor import Role
from assistant.core.ids import CustomerId

RefusalReason = Literal[
    "never_given", "refused", "withdrawn", "stale_version", "unknown_purpose", "blocked", "region"
]

_GATE = object()


@dataclass(frozen=True, slots=True)
class Grant:
    """Permission to use the named categories of one customer for one purpose, as of one epoch."""

    customer_id: CustomerId
    purpose: str
    categories: frozenset[str]
    consent_epoch: int
    role: Role
    _gate: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse to exist unless the consent gate made it."""
        if self._gate is not _GATE:
            raise TypeError("a Grant is made by ConsentGate.authorize() only")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing may be read: the purpose, the reason, and the categories that were asked for."""

    purpose: str
    reason: RefusalReason
    categories: frozenset[str]
