"""Compares the noes in the erasure ledger with what customers' decisions say now.

Whoever can write to the main database can put an older, well-formed chain of decisions back; the
ledger, a database of its own, still knows the no that came after. An entry without a mark is not
looked at: its write may be under way, and otherwise the next start carries it out.

Entries that this database marked one by one were written with their decision, so that the decision
must be there. Those up to the last replay or purge may come from before a restore; of them it must
hold that no yes stands which is as old as the no.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeAlias

from assistant.profile.erasure.ledger import (
    ErasureLedger,
    LedgerEntry,
    LedgerHashes,
    LedgerMark,
    LedgerOwner,
)
from assistant.store.consent_audit import Read
from assistant.store.consents import ConsentEvent, ConsentRepository
from assistant.store.engine import Connection
from assistant.store.ledger_customers import KnownCustomer, LedgerCustomers
from assistant.store.ledger_marks import LedgerMarkRepository

_About: TypeAlias = tuple[str | None, bytes | None]
"""A purpose, and the hash of a category."""


@dataclass(frozen=True, slots=True)
class UndoneNo:
    """A no that the ledger holds and the customer's decisions do not."""

    customer_id: str
    purpose: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _No:
    entry: LedgerEntry
    marked_alone: bool
    """Its decision was written together with its mark."""


_Affected: TypeAlias = tuple[str, LedgerOwner, Sequence[_No]]


@dataclass(slots=True)
class _Noes:
    """What the ledger holds that this database has carried out."""

    by_customer: defaultdict[bytes, list[_No]] = field(default_factory=lambda: defaultdict(list))
    by_subject: defaultdict[bytes, list[_No]] = field(default_factory=lambda: defaultdict(list))


class LedgerNoes:
    """Finds customers whose no was undone; reads only."""

    def __init__(
        self,
        *,
        ledger: ErasureLedger,
        hashes: LedgerHashes,
        consents: ConsentRepository,
        purposes: Collection[str],
    ) -> None:
        """``purposes`` are those of the pack: others permit nothing, whatever stands."""
        self._ledger = ledger
        self._hashes = hashes
        self._consents = consents
        self._purposes = frozenset(purposes)
        self._marks = LedgerMarkRepository()
        self._customers = LedgerCustomers()

    def find_undone(self, read: Read) -> Iterator[UndoneNo]:
        """Yield a finding for each purpose of a customer; the ledger is read before the rest.

        It is read again in the end for whose decisions went because everything of them goes.
        """
        entries = [each for each in self._ledger.entries() if each[1].kind == "withdrawal"]
        noes = read(partial(self._carried_out, entries=entries))
        affected = read(partial(self._affected, noes=noes)) if noes.by_customer else ()
        found: list[tuple[bytes, UndoneNo]] = []
        for customer_id, owner, own in affected:
            look = partial(self._undone, customer_id=customer_id, owner=owner, noes=own)
            of_purpose = {undone.purpose: undone for undone in read(look)}
            found += [(owner.customer, undone) for undone in of_purpose.values()]
        if found:
            erased = {e.customer_hash for _, e in self._ledger.entries() if e.kind == "everything"}
            yield from (undone for customer, undone in found if customer not in erased)

    def _affected(self, connection: Connection, *, noes: _Noes) -> Sequence[_Affected]:
        """Return who is there and said no; of all others nothing is kept in memory."""
        found = []
        for customer in self._customers.list_all(connection):
            owner = self._hashes.owner(customer.customer_id, customer.external_hash)
            own = _own(noes, customer, owner)
            if own:
                found.append((customer.customer_id, owner, own))
        return found

    def _carried_out(
        self, connection: Connection, *, entries: Sequence[tuple[LedgerMark, LedgerEntry]]
    ) -> _Noes:
        """Return the noes that have a mark, by whom they are about."""
        extent = self._marks.find_extent(connection)
        base = extent.base if extent else 0
        marked = self._marks.list_marked(connection, after=base)
        found = _Noes()
        for mark, entry in entries:
            known = mark.seq <= base or mark.seq in marked
            if entry.purpose not in self._purposes or not known:
                continue
            found.by_customer[entry.customer_hash].append(_No(entry, mark.seq > base))
            if entry.subject_hash is not None:
                found.by_subject[entry.subject_hash].append(_No(entry, marked_alone=False))
        return found

    def _undone(
        self, connection: Connection, *, customer_id: str, owner: LedgerOwner, noes: Sequence[_No]
    ) -> Sequence[UndoneNo]:
        """Compare one customer's decisions with the noes about them."""
        said: set[tuple[*_About, datetime]] = set()
        standing: dict[_About, ConsentEvent] = {}
        for event in self._consents.list_events(connection, customer_id):
            for owned in (owner, LedgerOwner(owner.customer, None)):
                target = owned.target(self._hashes, "withdrawal", event.category)
                about: _About = (event.purpose, target)
                standing[about] = event
                if event.decision != "given":
                    said.add((*about, event.at))
        found = []
        for no in noes:
            about = (no.entry.purpose, no.entry.target_hash)
            stands = standing.get(about)
            again = stands is not None and stands.decision == "given" and stands.at <= no.entry.at
            if (*about, no.entry.at) not in said and (again or no.marked_alone):
                found.append(UndoneNo(customer_id, str(no.entry.purpose), no.entry.at))
        return found


def _own(noes: _Noes, customer: KnownCustomer, owner: LedgerOwner) -> Sequence[_No]:
    """Return the noes about a customer, also those they said under another internal id."""
    others = [
        no
        for no in noes.by_subject.get(owner.subject or b"", ())
        if no.entry.customer_hash != owner.customer and customer.created_at <= no.entry.at
    ]
    return [*noes.by_customer.get(owner.customer, ()), *others]
