"""Writes erasures and noes to the erasure ledger before the main database acknowledges them.

A method here is called inside a write of the main database. It returns when the ledger is on disk,
and leaves a mark of the entry in that same write. If the write fails afterwards, the ledger knows
of something nobody was promised: it is carried out at the next start, never the other way round.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from assistant.core.errors import ConfigurationError
from assistant.profile.erasure.ledger import (
    KEPT_BEYOND_BACKUPS,
    ErasureLedger,
    LedgerEntry,
    LedgerHashes,
    LedgerKind,
    LedgerOwner,
)
from assistant.store.consents import ConsentEntry
from assistant.store.engine import Connection
from assistant.store.erased_events import ALL_CATEGORIES, ErasedEvents, LastingHashes
from assistant.store.ledger_customers import LedgerCustomers
from assistant.store.ledger_marks import LedgerMarkRepository


class LedgerRecorder:
    """Appends entries for one customer; ``backup_life`` is how long the oldest backup is kept."""

    def __init__(
        self,
        *,
        ledger: ErasureLedger,
        hashes: LedgerHashes,
        marks: LedgerMarkRepository,
        customers: LedgerCustomers,
        backup_life: timedelta,
        events: LastingHashes | None = None,
    ) -> None:
        """``events`` tells by what an erased event is known again where it was never held."""
        self._ledger = ledger
        self._hashes = hashes
        self._marks = marks
        self._customers = customers
        self._events = events
        self._erased = ErasedEvents()
        self._kept_for = backup_life + KEPT_BEYOND_BACKUPS

    def record_erasure(
        self,
        connection: Connection,
        customer_id: str,
        *,
        kind: LedgerKind,
        at: datetime,
        target_id: str | None = None,
        external_id: str | None = None,
        chain_head: bytes | None = None,
    ) -> None:
        """Record an erasure that was asked for at ``at``, while its customer is still known.

        ``target_id`` names the category, conversation or item. ``external_id`` is the company's own
        id of the customer; without it the directory is asked. ``chain_head`` is the keyed head of a
        consent chain that goes.
        """
        owner = self._owner(connection, customer_id, external_id)
        hashed = owner.target(self._hashes, kind, target_id) if target_id is not None else None
        entry = LedgerEntry(
            kind=kind,
            customer_hash=owner.customer,
            at=at,
            keep_until=at + self._kept_for,
            subject_hash=owner.subject,
            target_hash=hashed,
            chain_head=chain_head,
        )
        entries = [entry]
        if kind == "item" and target_id is not None:
            named = self._event_hash(connection, customer_id, target_id)
            if named is not None:
                entries.append(replace(entry, kind="event", target_hash=named))
        self._append(connection, entries)

    def record_no(
        self, connection: Connection, customer_id: str, entries: Sequence[ConsentEntry]
    ) -> None:
        """Record what a customer refused or withdrew; the ``on_no`` of the consent ledger."""
        owner = self._owner(connection, customer_id, None)
        self._append(
            connection,
            [
                LedgerEntry(
                    kind="withdrawal",
                    customer_hash=owner.customer,
                    at=entry.at,
                    keep_until=entry.at + self._kept_for,
                    subject_hash=owner.subject,
                    target_hash=owner.target(self._hashes, "withdrawal", entry.category),
                    purpose=entry.purpose,
                )
                for entry in entries
            ],
        )

    def _owner(
        self, connection: Connection, customer_id: str, external_id: str | None
    ) -> LedgerOwner:
        hashes = self._hashes
        if external_id is not None:
            return LedgerOwner(hashes.customer(customer_id), hashes.subject(external_id))
        external_hash = self._customers.find_external_hash(connection, customer_id)
        return hashes.owner(customer_id, external_hash)

    def erased_since(self, external_id: str) -> datetime | None:
        """Return when everything of whom the company knows by this id was last erased."""
        return self._ledger.erased_since(self._hashes.subject(external_id))

    def keep_away(
        self, connection: Connection, customer_id: str, external_id: str, since: datetime | None
    ) -> None:
        """Let what was erased of somebody stay away from the customer they are made now.

        Only a restored database makes anew whom the ledger knows; ``since`` is when everything of
        them was erased, which covers what is older. Which category an entry names cannot be told
        here, so no category's events from before it are taken.
        """
        for entry in self._ledger.list_parts(self._hashes.subject(external_id)):
            if since is not None and entry.at <= since:
                continue
            if entry.kind == "event" and entry.target_hash is not None:
                hashes = [entry.target_hash]
                self._erased.remember(connection, customer_id, hashes, at=entry.at)
            else:
                self._erased.refuse_until(connection, customer_id, ALL_CATEGORIES, until=entry.at)

    def _event_hash(self, connection: Connection, customer_id: str, event_id: str) -> bytes | None:
        """Return the lasting hash of an event that goes; None for what is no event of theirs."""
        external = self._customers.find_external_hash(connection, customer_id)
        if self._events is None or external is None:
            return None
        return self._events.find_hash(connection, customer_id, event_id, external)

    def _append(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        marks = self._ledger.append(entries)
        if not self._marks.add_marks(connection, {mark.seq: mark.entry_hash for mark in marks}):
            raise ConfigurationError(
                "the main database has marks of another erasure ledger: all processes of a service "
                "need one ledger; give them the same ASSISTANT_LEDGER_URL"
            )
