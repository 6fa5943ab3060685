"""Carries out what the erasure ledger knows and a restored database does not.

Only entries without a mark are carried out: a mark is written with what it stands for. Whom an
entry is about is found by hashing, with the vault's keys, who and what there is. A customer is also
known by the company's own id for them, in a copy in which they have another internal id. An entry
concerns only what is older than itself.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias

from assistant.core.errors import CustomerErased, NotFound, Overloaded
from assistant.profile.consent.ledger import ConsentDecision, ConsentLedger
from assistant.profile.erasure.ledger import (
    ErasureLedger,
    LedgerEntry,
    LedgerHashes,
    LedgerKind,
    LedgerOwner,
)
from assistant.profile.erasure.requests import Erasures, ErasureScope
from assistant.store.consents import ConsentEvent, ConsentRepository
from assistant.store.dialects import lock_exclusively
from assistant.store.engine import Connection
from assistant.store.erased_events import ALL_CATEGORIES, ErasedEvents
from assistant.store.ledger_customers import KnownCustomer, LedgerCustomers
from assistant.store.ledger_marks import LedgerMarkRepository

REPLAY_CHANNEL: Final = "replay"
"""Where a withdrawal that was taken over from the ledger says that it was made."""

_REPLAY_LOCK: Final = 7_310_012

_Whole: TypeAlias = Literal["everything", "all_data"]
_Part: TypeAlias = Literal["category", "conversation", "item"]
_WHOLE: Final[tuple[_Whole, ...]] = ("everything", "all_data")
_PARTS: Final[tuple[_Part, ...]] = ("category", "conversation", "item")


@dataclass(slots=True)
class Replayed:
    """How many entries were looked at, and what was done about them, by kind."""

    entries: int = 0
    done: Counter[LedgerKind] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Affected:
    """A customer of this database with the entries that are about them."""

    customer: KnownCustomer
    owner: LedgerOwner
    entries: list[LedgerEntry] = field(default_factory=list)

    def newest(self, kind: LedgerKind) -> datetime | None:
        """Return when an entry of ``kind`` was last made."""
        return max((entry.at for entry in self.entries if entry.kind == kind), default=None)


class LedgerReplay:
    """Brings a database to what the ledger says, within one write."""

    def __init__(
        self,
        *,
        ledger: ErasureLedger,
        hashes: LedgerHashes,
        marks: LedgerMarkRepository,
        customers: LedgerCustomers,
        consents: ConsentRepository,
        consent_ledger: ConsentLedger,
        erasures: Erasures,
        categories: Collection[str],
    ) -> None:
        """``consent_ledger`` is one that does not tell the erasure ledger of a no: it knows."""
        self._ledger = ledger
        self._hashes = hashes
        self._marks = marks
        self._customers = customers
        self._consents = consents
        self._consent_ledger = consent_ledger
        self._erasures = erasures
        self._categories = frozenset(categories)
        self._erased = ErasedEvents()

    def replay(self, connection: Connection) -> Replayed:
        """Carry out every entry that has no mark, and mark them all.

        What is erased is out of use when this write commits; workers finish it from there.
        """
        lock_exclusively(connection, _REPLAY_LOCK)
        last = self._ledger.reach().last
        missing = self._missing(connection, up_to=last.seq)
        report = Replayed(entries=len(missing))
        for affected in self._affected(connection, missing):
            self._withdraw(connection, affected, report)
            self._erase(connection, affected, report)
        if last.seq:
            self._marks.mark_up_to(connection, last.seq, last.entry_hash)
        return report

    def _missing(self, connection: Connection, *, up_to: int) -> Sequence[LedgerEntry]:
        extent = self._marks.find_extent(connection)
        base = extent.base if extent else 0
        marked = self._marks.list_marked(connection, after=base)
        return [
            entry
            for mark, entry in self._ledger.entries()
            if base < mark.seq <= up_to and mark.seq not in marked
        ]

    def _affected(
        self, connection: Connection, entries: Sequence[LedgerEntry]
    ) -> Iterable[_Affected]:
        """Return the customers that entries are about; all are known before one is changed."""
        by_customer: defaultdict[bytes, list[LedgerEntry]] = defaultdict(list)
        by_subject: defaultdict[bytes, list[LedgerEntry]] = defaultdict(list)
        for entry in entries:
            by_customer[entry.customer_hash].append(entry)
            if entry.subject_hash is not None:
                by_subject[entry.subject_hash].append(entry)
        found = []
        for customer in self._customers.list_all(connection) if entries else ():
            owner = self._hashes.owner(customer.customer_id, customer.external_hash)
            own = list(by_customer.get(owner.customer, ()))
            for entry in by_subject.get(owner.subject or b"", ()):
                other = entry.customer_hash != owner.customer
                if other and customer.created_at <= entry.at:
                    own.append(entry)
            if own:
                found.append(_Affected(customer, owner, own))
        return found

    def _withdraw(self, connection: Connection, affected: _Affected, report: Replayed) -> None:
        """Withdraw every yes that is older than a no of the same purpose and category."""
        noes = [entry for entry in affected.entries if entry.kind == "withdrawal"]
        if not noes:
            return
        customer_id = affected.customer.customer_id
        standing = _standing(self._consents.list_events(connection, customer_id))
        taken_back: defaultdict[tuple[str, datetime], set[str]] = defaultdict(set)
        for (purpose, category), event in standing.items():
            hashed = affected.owner.target(self._hashes, "withdrawal", category)
            newest = max(
                (no.at for no in noes if (no.purpose, no.target_hash) == (purpose, hashed)),
                default=None,
            )
            if event.decision == "given" and newest is not None and event.at <= newest:
                taken_back[purpose, newest].add(category)
        for (purpose, at), categories in taken_back.items():
            decision = ConsentDecision(
                customer_id=customer_id,
                purpose=purpose,
                decision="withdrawn",
                channel=REPLAY_CHANNEL,
                at=at,
                categories=frozenset(categories),
            )
            self._decide(connection, decision, report)

    def _decide(self, connection: Connection, decision: ConsentDecision, report: Replayed) -> None:
        try:
            self._consent_ledger.decide(connection, decision)
        except NotFound:  # a purpose the pack has no more permits nothing anyhow
            return
        report.done["withdrawal"] += 1

    def _erase(self, connection: Connection, affected: _Affected, report: Replayed) -> None:
        """Erase what entries name; where everything goes, nothing less is asked for."""
        for whole in _WHOLE:
            if (at := affected.newest(whole)) is not None:
                self._request(connection, affected, ErasureScope(whole), at, report)
                if whole == "everything":
                    return
        self._keep_away(connection, affected)
        for kind in _PARTS:
            self._erase_targets(connection, affected, kind, report)

    def _keep_away(self, connection: Connection, affected: _Affected) -> None:
        """Refuse what this copy never held, or holds no more, when it is sent again."""
        customer_id, owner = affected.customer.customer_id, affected.owner
        categories = {owner.target(self._hashes, "category", c): c for c in self._categories}
        for entry in affected.entries:
            if entry.kind == "event" and entry.target_hash is not None:
                hashes = [entry.target_hash]
                self._erased.remember(connection, customer_id, hashes, at=entry.at)
            category = ALL_CATEGORIES if entry.kind == "all_data" else None
            if entry.kind == "category":
                category = categories.get(entry.target_hash or b"")
            if category is not None:
                self._erased.refuse_until(connection, customer_id, category, until=entry.at)

    def _erase_targets(
        self, connection: Connection, affected: _Affected, kind: _Part, report: Replayed
    ) -> None:
        wanted = {
            entry.target_hash: entry.at
            for entry in sorted(affected.entries, key=lambda entry: entry.at)
            if entry.kind == kind
        }
        if not wanted:
            return
        for target in self._targets(connection, affected.customer.customer_id, kind):
            at = wanted.get(affected.owner.target(self._hashes, kind, target))
            if at is not None:
                self._request(connection, affected, ErasureScope(kind, target), at, report)

    def _targets(self, connection: Connection, customer_id: str, kind: _Part) -> Collection[str]:
        """Return what of this kind there is of a customer."""
        if kind == "item":
            return self._customers.list_items(connection, customer_id)
        if kind == "conversation":
            return self._customers.list_conversations(connection, customer_id)
        found = self._customers.list_categories(connection, customer_id)
        return sorted(self._categories.union(found))

    def _request(
        self,
        connection: Connection,
        affected: _Affected,
        scope: ErasureScope,
        at: datetime,
        report: Replayed,
    ) -> None:
        customer_id = affected.customer.customer_id
        try:
            self._erasures.request(connection, customer_id, scope, at=at, cause="replay")
        except (CustomerErased, Overloaded):  # as much or more of the customer is going already
            return
        report.done[scope.kind] += 1


def _standing(events: Sequence[ConsentEvent]) -> dict[tuple[str, str], ConsentEvent]:
    """Return the latest decision about each purpose and category."""
    return {(event.purpose, event.category): event for event in events}
