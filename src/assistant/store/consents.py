"""Consent events, append-only and chained: what was decided, about which text, what it led to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias, cast

import orjson
from sqlalchemy import Connection, bindparam, insert, select, update

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.errors import SealBroken
from assistant.core.events import JsonObject
from assistant.core.ids import new_id
from assistant.store.consent_chain import ChainedDecision, entry_hash, first_link, next_head
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.consents import ConsentEventRow
from assistant.store.tables.customers import CustomerRow
from assistant.vault.vault import Vault

Decision: TypeAlias = Literal["given", "refused", "withdrawn"]
"""What was said."""

ConsentStatus: TypeAlias = Literal["given", "renewed", "refused", "withdrawn"]
"""What it led to, in the words of ISO/IEC TS 27560 as the W3C DPV guide has them."""

HEAD_KEY = "consent-heads"
"""The service key under which the heads of chains are made."""

_EVIDENCE_LABEL = "consent-evidence"

_E = table_of(ConsentEventRow)
_C = table_of(CustomerRow)
_OF = _E.c.customer_id == bindparam("of_customer")
_OF_ROW = _C.c.customer_id == bindparam("of_customer")
_HOLD = select(_C.c.consent_head).where(_OF_ROW).with_for_update()
_HEAD = select(_C.c.consent_head).where(_OF_ROW)
_SAVE_HEAD = update(_C).where(_OF_ROW).values(consent_head=bindparam("head"))
_LAST = select(_E.c.seq, _E.c.entry_hash).where(_OF).order_by(_E.c.seq.desc()).limit(1)
_ADD = insert(_E)
EVENT_COLUMNS = tuple(
    _E.c[name]
    for name in (
        "seq", "purpose", "version", "category", "decision", "at", "text_sha256", "channel",
        "state", "lang", "decision_id", "evidence_hash", "previous_hash", "entry_hash",
    )
)  # fmt: skip
"""What ``to_event`` takes, in this order."""

_LIST = select(*EVENT_COLUMNS).where(_OF).order_by(_E.c.seq)
_STANDING = select(*EVENT_COLUMNS[:9]).where(_OF).order_by(_E.c.seq)
_EVIDENCE = select(_E.c.evidence_sealed, _E.c.evidence_hash).where(
    _OF, _E.c.seq == bindparam("of_seq")
)


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One decision about one category of one purpose, to be appended.

    ``text_sha256`` is of the exact text that was shown (None where none was needed to refuse) and
    ``lang`` its language; ``evidence`` says where and how it was decided and is kept sealed.
    ``status`` None stands for the word of the decision itself.
    """

    purpose: str
    version: int
    category: str
    decision: Decision
    at: datetime
    text_sha256: str | None
    channel: str
    evidence: JsonObject | None = field(default=None, repr=False)
    status: ConsentStatus | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """A stored decision; ``seq`` counts a customer's decisions from 1.

    Entries that were decided together share ``decision_id``.
    """

    seq: int
    purpose: str
    version: int
    category: str
    decision: Decision
    at: datetime
    text_sha256: str | None
    channel: str
    status: ConsentStatus = "given"
    lang: str | None = None
    decision_id: str = ""
    evidence_hash: bytes | None = None
    previous_hash: str = ""
    entry_hash: str = ""

    def chained(self) -> ChainedDecision:
        """Return the decision as it enters the hash."""
        return ChainedDecision(
            seq=self.seq,
            decision_id=self.decision_id,
            purpose=self.purpose,
            version=self.version,
            category=self.category,
            decision=self.decision,
            state=self.status,
            lang=self.lang,
            at=to_epoch_ms(self.at),
            text_sha256=self.text_sha256,
            channel=self.channel,
            evidence_hash=self.evidence_hash,
        )


class ConsentRepository:
    """Appends decisions and lists them; there is no way to change one."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def hold(self, connection: Connection, customer_id: str) -> None:
        """Hold the customer's row until the write ends, so that the next decision waits."""
        connection.execute(_HOLD, {"of_customer": customer_id})

    def append(
        self,
        connection: Connection,
        customer_id: str,
        entries: Sequence[ConsentEntry],
        *,
        decision_id: str | None = None,
    ) -> Sequence[ConsentEvent]:
        """Append decisions in order, as one decision, and return them with their numbers.

        The customer's row is held, so that two processes number one after the other. The head
        takes in the one before it and is never made anew from the rows: a chain that somebody cut
        off stays visibly cut, however it goes on.
        """
        if not entries:
            return []
        of_customer = {"of_customer": customer_id}
        head = connection.execute(_HOLD, of_customer).scalar_one_or_none()
        last = connection.execute(_LAST, of_customer).one_or_none()
        seq, previous = (last.seq, last.entry_hash) if last else (0, first_link(customer_id))
        key = self._vault.service_key(HEAD_KEY)
        events = list(self._chain(customer_id, entries, decision_id or new_id(), seq, previous))
        for event in events:
            head = next_head(key, head, customer_id, event.seq, event.entry_hash)
        rows = [
            self._values(customer_id, event, entry.evidence)
            for event, entry in zip(events, entries, strict=True)
        ]
        connection.execute(_ADD, rows)
        connection.execute(_SAVE_HEAD, {**of_customer, "head": head})
        return events

    def list_events(self, connection: Connection, customer_id: str) -> Sequence[ConsentEvent]:
        """Return all decisions of a customer in order, without opening their evidence."""
        return [to_event(row) for row in connection.execute(_LIST, {"of_customer": customer_id})]

    def list_standing(self, connection: Connection, customer_id: str) -> Sequence[ConsentEvent]:
        """Return the same without language and links: what a turn needs, at half the cost."""
        rows = connection.execute(_STANDING, {"of_customer": customer_id})
        return [
            ConsentEvent(seq, purpose, version, category, decision, from_epoch_ms(at), *rest)
            for seq, purpose, version, category, decision, at, *rest in rows
        ]

    def find_head(self, connection: Connection, customer_id: str) -> bytes | None:
        """Return the keyed head of the customer's chain, None before the first decision."""
        found = connection.execute(_HEAD, {"of_customer": customer_id}).scalar_one_or_none()
        return cast("bytes | None", found)

    def find_evidence(
        self, connection: Connection, customer_id: str, seq: int
    ) -> JsonObject | None:
        """Return the evidence of one decision, opened.

        Raises:
            SealBroken: it is not what the chain says it was.
        """
        values = {"of_customer": customer_id, "of_seq": seq}
        row = connection.execute(_EVIDENCE, values).one_or_none()
        if row is None or row.evidence_sealed is None:
            return None
        evidence = self._vault.open(customer_id, _E.name, str(seq), row.evidence_sealed)
        expected = row.evidence_hash
        if expected is not None and self._evidence_hash(customer_id, evidence) != expected:
            raise SealBroken("the evidence of a consent event is not the one it was chained with")
        return cast("JsonObject", orjson.loads(evidence))

    def _chain(
        self,
        customer_id: str,
        entries: Sequence[ConsentEntry],
        decision_id: str,
        seq: int,
        previous: str,
    ) -> Iterator[ConsentEvent]:
        """Yield the entries as they are stored, each linked to the one before it."""
        for number, entry in enumerate(entries, seq + 1):
            evidence = None if entry.evidence is None else orjson.dumps(entry.evidence)
            hashed = None if evidence is None else self._evidence_hash(customer_id, evidence)
            link = ChainedDecision(
                seq=number,
                decision_id=decision_id,
                purpose=entry.purpose,
                version=entry.version,
                category=entry.category,
                decision=entry.decision,
                state=entry.status or entry.decision,
                lang=entry.lang,
                at=to_epoch_ms(entry.at),
                text_sha256=entry.text_sha256,
                channel=entry.channel,
                evidence_hash=hashed,
            )
            event = _linked(link, previous)
            previous = event.entry_hash
            yield event

    def _evidence_hash(self, customer_id: str, evidence: bytes) -> bytes:
        return self._vault.keyed_hash(customer_id, _EVIDENCE_LABEL, evidence)

    def _values(
        self, customer_id: str, event: ConsentEvent, evidence: JsonObject | None
    ) -> dict[str, Any]:
        sealed = None
        if evidence is not None:
            content = orjson.dumps(evidence)
            sealed = self._vault.seal(customer_id, _E.name, str(event.seq), content)
        return {
            "customer_id": customer_id,
            "seq": event.seq,
            "decision_id": event.decision_id,
            "purpose": event.purpose,
            "version": event.version,
            "category": event.category,
            "decision": event.decision,
            "state": event.status,
            "lang": event.lang,
            "at": to_epoch_ms(event.at),
            "text_sha256": event.text_sha256,
            "channel": event.channel,
            "evidence_sealed": sealed,
            "evidence_hash": event.evidence_hash,
            "previous_hash": event.previous_hash,
            "entry_hash": event.entry_hash,
        }


def _linked(link: ChainedDecision, previous: str) -> ConsentEvent:
    return ConsentEvent(
        seq=link.seq,
        purpose=link.purpose,
        version=link.version,
        category=link.category,
        decision=cast("Decision", link.decision),
        at=from_epoch_ms(link.at),
        text_sha256=link.text_sha256,
        channel=link.channel,
        status=cast("ConsentStatus", link.state),
        lang=link.lang,
        decision_id=link.decision_id,
        evidence_hash=link.evidence_hash,
        previous_hash=previous,
        entry_hash=entry_hash(link, previous),
    )


def to_event(values: Sequence[Any]) -> ConsentEvent:
    """Return the decision that a row's ``EVENT_COLUMNS`` keep."""
    seq, purpose, version, category, decision, at, *rest = values
    text_sha256, channel, status, lang, decision_id, evidence, previous_hash, hashed = rest
    return ConsentEvent(
        seq,
        purpose,
        version,
        category,
        decision,
        from_epoch_ms(at),
        text_sha256,
        channel,
        status,
        lang,
        decision_id,
        None if evidence is None else bytes(evidence),
        previous_hash,
        hashed,
    )
