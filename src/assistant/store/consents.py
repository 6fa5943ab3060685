"""Consent events, append-only: what was decided, about which text, with what evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias, cast

import orjson
from sqlalchemy import Connection, Row, bindparam, func, insert, select

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.events import JsonObject
from assistant.store.tables.accountability import ConsentEventRow
from assistant.store.tables.catalogue import as_stored, table_of
from assistant.store.tables.customers import CustomerRow
from assistant.vault.vault import Vault

Decision: TypeAlias = Literal["given", "refused", "withdrawn"]

_E = table_of(ConsentEventRow)
_C = table_of(CustomerRow)
_OF = _E.c.customer_id == bindparam("of_customer")
_HOLD = (
    select(_C.c.customer_id).where(_C.c.customer_id == bindparam("of_customer")).with_for_update()
)
_LAST = select(func.coalesce(func.max(_E.c.seq), 0)).where(_OF)
_ADD = insert(_E)
_LIST = (
    select(*(column for column in _E.c if column.name != "evidence_sealed"))
    .where(_OF)
    .order_by(_E.c.seq)
)
_EVIDENCE = select(_E.c.evidence_sealed).where(_OF, _E.c.seq == bindparam("of_seq"))


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One decision about one category of one purpose, to be appended.

    ``text_sha256`` is of the exact text that was shown (None where none was needed to refuse);
    ``evidence`` says where and how it was decided and is kept sealed.
    """

    purpose: str
    version: int
    category: str
    decision: Decision
    at: datetime
    text_sha256: str | None
    channel: str
    evidence: JsonObject | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """A stored decision; ``seq`` counts a customer's decisions from 1."""

    seq: int
    purpose: str
    version: int
    category: str
    decision: Decision
    at: datetime
    text_sha256: str | None
    channel: str


class ConsentRepository:
    """Appends decisions and lists them; there is no way to change one."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def append(
        self, connection: Connection, customer_id: str, entries: Sequence[ConsentEntry]
    ) -> Sequence[ConsentEvent]:
        """Append decisions in order and return them with their numbers.

        The customer's row is held, so that two processes number one after the other.
        """
        if not entries:
            return []
        connection.execute(_HOLD, {"of_customer": customer_id}).one_or_none()
        last = connection.execute(_LAST, {"of_customer": customer_id}).scalar_one()
        rows = [
            self._values(customer_id, seq, entry) for seq, entry in enumerate(entries, last + 1)
        ]
        connection.execute(_ADD, rows)
        return [_stored(seq, entry) for seq, entry in enumerate(entries, last + 1)]

    def list_events(self, connection: Connection, customer_id: str) -> Sequence[ConsentEvent]:
        """Return all decisions of a customer in order, without opening their evidence."""
        return [_event(row) for row in connection.execute(_LIST, {"of_customer": customer_id})]

    def find_evidence(
        self, connection: Connection, customer_id: str, seq: int
    ) -> JsonObject | None:
        """Return the evidence of one decision, opened."""
        values = {"of_customer": customer_id, "of_seq": seq}
        sealed = connection.execute(_EVIDENCE, values).scalar_one_or_none()
        if sealed is None:
            return None
        return cast(
            "JsonObject", orjson.loads(self._vault.open(customer_id, _E.name, str(seq), sealed))
        )

    def _values(self, customer_id: str, seq: int, entry: ConsentEntry) -> dict[str, Any]:
        sealed = None
        if entry.evidence is not None:
            evidence = orjson.dumps(entry.evidence)
            sealed = self._vault.seal(customer_id, _E.name, str(seq), evidence)
        return {
            "customer_id": customer_id,
            "seq": seq,
            "purpose": entry.purpose,
            "version": entry.version,
            "category": entry.category,
            "decision": entry.decision,
            "at": to_epoch_ms(entry.at),
            "text_sha256": entry.text_sha256,
            "channel": entry.channel,
            "evidence_sealed": sealed,
        }


def _stored(seq: int, entry: ConsentEntry) -> ConsentEvent:
    return ConsentEvent(
        seq=seq,
        purpose=entry.purpose,
        version=entry.version,
        category=entry.category,
        decision=entry.decision,
        at=as_stored(entry.at),
        text_sha256=entry.text_sha256,
        channel=entry.channel,
    )


def _event(row: Row[*tuple[Any, ...]]) -> ConsentEvent:
    return ConsentEvent(
        seq=row.seq,
        purpose=row.purpose,
        version=row.version,
        category=row.category,
        decision=row.decision,
        at=from_epoch_ms(row.at),
        text_sha256=row.text_sha256,
        channel=row.channel,
    )
