"""Consent receipts: each decision as a signed record that its customer can keep.

A receipt is made from rows that never change (the entries of the chain, the published purpose), so
it is the same, byte for byte, each time it is asked for, and nothing of it needs to be stored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import orjson

from assistant.core.events import JsonObject
from assistant.profile.receipts.document import RecordedDecision, receipt_document
from assistant.profile.receipts.signing import DocumentSigner
from assistant.store.consents import ConsentEvent, ConsentRepository, ConsentStatus, Decision
from assistant.store.engine import Connection
from assistant.store.published_purposes import PublishedPurpose, PublishedPurposeRepository
from assistant.vault.vault import Vault

_SUBJECTS = "receipt-subjects"


@dataclass(frozen=True, slots=True)
class ReceiptSummary:
    """What a decision was about, without its document."""

    receipt_id: str
    at: datetime
    purpose: str
    version: int
    decision: Decision
    statuses: frozenset[ConsentStatus]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """One signed receipt; ``content`` is the UTF-8 JSON that is handed out, always the same."""

    receipt_id: str
    at: datetime
    purpose: str
    document: JsonObject
    content: bytes


class Receipts:
    """Lists and makes the receipts of one customer's decisions."""

    def __init__(
        self,
        *,
        consents: ConsentRepository,
        published: PublishedPurposeRepository,
        signer: DocumentSigner,
        vault: Vault,
    ) -> None:
        self._consents = consents
        self._published = published
        self._signer = signer
        self._vault = vault

    def list_summaries(
        self, connection: Connection, customer_id: str, *, after: str | None, limit: int
    ) -> Sequence[ReceiptSummary]:
        """Return up to ``limit`` decisions, newest first, that follow the receipt ``after``."""
        summaries = [_summary(batch) for batch in self._batches(connection, customer_id)]
        summaries.reverse()
        ids = [summary.receipt_id for summary in summaries]
        start = ids.index(after) + 1 if after in ids else 0
        return summaries[start : start + limit]

    def list_receipts(
        self, connection: Connection, customer_id: str, *, after: str | None, limit: int
    ) -> Sequence[Receipt]:
        """Return the signed receipts of the same page."""
        batches = {batch[0].decision_id: batch for batch in self._batches(connection, customer_id)}
        page = self.list_summaries(connection, customer_id, after=after, limit=limit)
        return [
            self._receipt(connection, customer_id, batches[summary.receipt_id]) for summary in page
        ]

    def find_receipt(
        self, connection: Connection, customer_id: str, receipt_id: str
    ) -> Receipt | None:
        """Return one signed receipt of the customer's own."""
        for batch in self._batches(connection, customer_id):
            if batch[0].decision_id == receipt_id:
                return self._receipt(connection, customer_id, batch)
        return None

    def subject_of(self, customer_id: str) -> str:
        """Return the pseudonym that stands for the customer in everything that is signed."""
        hashed = self._vault.service_hash(_SUBJECTS, customer_id.encode())
        return f"urn:x-assistant:subject:{hashed[:16].hex()}"

    def _batches(
        self, connection: Connection, customer_id: str
    ) -> Iterator[tuple[ConsentEvent, ...]]:
        """Yield the entries of each decision, oldest first; they follow one another."""
        events = self._consents.list_events(connection, customer_id)
        for _, batch in groupby(events, key=lambda event: event.decision_id):
            yield tuple(batch)

    def _receipt(
        self, connection: Connection, customer_id: str, entries: tuple[ConsentEvent, ...]
    ) -> Receipt:
        first = entries[0]
        published = self._published.list_version(connection, first.purpose, first.version)
        decision = RecordedDecision(
            subject=self.subject_of(customer_id),
            entries=entries,
            published=_shown(first, published),
        )
        document = self._signer.sign(receipt_document(decision), created=first.at)
        content = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        return Receipt(first.decision_id, first.at, first.purpose, document, content)


def _summary(entries: tuple[ConsentEvent, ...]) -> ReceiptSummary:
    first = entries[0]
    return ReceiptSummary(
        receipt_id=first.decision_id,
        at=first.at,
        purpose=first.purpose,
        version=first.version,
        decision=first.decision,
        statuses=frozenset(entry.status for entry in entries),
        categories=tuple(entry.category for entry in entries),
    )


def _shown(entry: ConsentEvent, published: Sequence[PublishedPurpose]) -> PublishedPurpose | None:
    """Return the text that was echoed, else the one of the decision's language, else English.

    Only what was published by then counts (for decisions older than publishing: what was published
    first), so that a language that comes later changes no receipt.
    """
    for each in published:
        if each.text_sha256 == entry.text_sha256:
            return each
    first = min((each.published_at for each in published), default=entry.at)
    until = max(first, entry.at)
    by_lang = {each.lang: each for each in published if each.published_at <= until}
    return by_lang.get(entry.lang or "en") or by_lang.get("en")
