"""The erasure ledger: what a restored database must not bring back, in a database of its own.

Every erasure and every no to a purpose is written here, durably, before the main database
acknowledges it. The ledger lies outside every backup of the main database and holds keyed hashes
only: whoever reads it without the keys learns that somebody was erased, never who. The main
database marks the entries it has carried out, so that one restored from an older copy is
recognised by the marks it lacks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol, TypeAlias

from assistant.vault.vault import Vault

LedgerKind: TypeAlias = Literal[
    "everything", "all_data", "category", "conversation", "item", "event", "withdrawal"
]
"""What an entry is about: the scope of an erasure, or a no to a purpose (refused, withdrawn).

``event`` stands beside the ``item`` of an event and names it as its sender does, so that it is
known again in a database that never held it.
"""

KEPT_BEYOND_BACKUPS: Final = timedelta(days=90)
"""How much longer than the oldest backup an entry stays, for the copy that nobody counted."""

_SERVICE_KEY: Final = "erasure-ledger"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One erasure or no; all hashes are 32 bytes that need a key of the vault.

    ``customer_hash`` is of the internal id, ``subject_hash`` of the company's own (None for
    visitors): a copy of the database in which the same person has another internal id is known by
    it. ``target_hash`` is of the category, conversation or item, ``chain_head`` the keyed head of
    an erased consent chain. ``keep_until`` is when no backup can bring it back any more.
    """

    kind: LedgerKind
    customer_hash: bytes
    at: datetime
    keep_until: datetime
    subject_hash: bytes | None = None
    target_hash: bytes | None = None
    purpose: str | None = None
    chain_head: bytes | None = None


@dataclass(frozen=True, slots=True)
class LedgerMark:
    """Where an entry stands in the ledger: its number from 1, and its hash in the chain."""

    seq: int
    entry_hash: bytes


@dataclass(frozen=True, slots=True)
class LedgerReach:
    """From where to where a ledger reaches; number 0 is the beginning of an empty one."""

    purged: LedgerMark
    """The newest entry that was let go, its time having come."""

    last: LedgerMark


class ErasureLedger(Protocol):
    """Durable, append-only, hash-chained; every method blocks its caller."""

    def append(self, entries: Sequence[LedgerEntry]) -> Sequence[LedgerMark]:
        """Append entries in order; when this returns, they outlive a crash."""
        ...

    def erased_since(self, subject_hash: bytes) -> datetime | None:
        """Return when everything of this subject was last erased, or None."""
        ...

    def list_parts(self, subject_hash: bytes) -> Sequence[LedgerEntry]:
        """Return what was erased of this subject's events: all data, categories, single ones."""
        ...

    def entries(self) -> Iterator[tuple[LedgerMark, LedgerEntry]]:
        """Yield all entries, oldest first, a bounded number of them in memory."""
        ...

    def reach(self) -> LedgerReach:
        """Return the oldest and the newest end of the ledger."""
        ...

    def find_hash(self, seq: int) -> bytes | None:
        """Return the hash of the entry with this number, None where there is none (any more)."""
        ...

    def find_break(self) -> int | None:
        """Return the number of the first entry that does not fit the chain, or None."""
        ...

    def find_purgeable(self, *, now: datetime) -> LedgerMark | None:
        """Return the newest entry that ``purge`` would let go of now, None where there is none."""
        ...

    def purge(self, *, now: datetime) -> int:
        """Let go of the oldest entries whose time has come; return how many."""
        ...


@dataclass(frozen=True, slots=True)
class LedgerOwner:
    """The hashes that stand for one customer in the ledger."""

    customer: bytes
    subject: bytes | None

    def target(self, hashes: "LedgerHashes", kind: LedgerKind, target_id: str) -> bytes:
        """Return the hash of something that is this customer's."""
        return hashes.target(self.subject or self.customer, kind, target_id)


class LedgerHashes:
    """Makes the keyed hashes by which the ledger names customers and what is theirs."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def check(self) -> bytes:
        """Return the value by which a ledger recognises the keys it was written with."""
        return self._hash("check")

    def customer(self, customer_id: str) -> bytes:
        """Return the hash of an internal id."""
        return self._hash("customer", customer_id)

    def subject(self, external_id: str) -> bytes:
        """Return the hash of the company's own id for somebody."""
        return self.subject_of(self._vault.external_hash(external_id))

    def subject_of(self, external_hash: bytes) -> bytes:
        """Return the same hash from what the directory of customers keeps."""
        return self._hash("subject", external_hash.hex())

    def owner(self, customer_id: str, external_hash: bytes | None) -> LedgerOwner:
        """Return the hashes of a customer, from what the directory keeps of their external id."""
        subject = None if external_hash is None else self.subject_of(external_hash)
        return LedgerOwner(self.customer(customer_id), subject)

    def target(self, owner_hash: bytes, kind: LedgerKind, target_id: str) -> bytes:
        """Return the hash of a category, a conversation or an item.

        ``owner_hash`` is the subject's hash, or the customer's where there is no subject.
        """
        return self._hash(kind, owner_hash.hex(), target_id)

    def _hash(self, *parts: str) -> bytes:
        return self._vault.service_hash(_SERVICE_KEY, "\0".join(parts).encode())
