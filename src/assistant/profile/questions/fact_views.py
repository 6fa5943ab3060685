"""How a fact looks to its customer: the words, where they came from, what they helped."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from assistant.store.facts import FactRecord
from assistant.store.question_records import ConfirmationKind, Origin
from assistant.store.uses import ItemUses

FactStanding: TypeAlias = Literal["active", "paused", "expired", "damaged"]
"""``damaged``: its words do not fit what was confirmed; it is never used."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a fact came from: which question, which card, when each step was taken."""

    origin: Origin
    catalogue_question: str | None
    shown_at: datetime
    asked_at: datetime
    answered_at: datetime
    confirmed_at: datetime
    card_lang: str
    card_sha256: str
    channel: str


@dataclass(frozen=True, slots=True)
class FactView:
    """One fact as its customer sees it; ``statement`` is empty where it is ``damaged``."""

    fact_id: str
    question_id: str
    statement: str = field(repr=False)
    category: str
    purpose: str
    version: int
    kind: ConfirmationKind
    state: FactStanding
    valid_from: datetime
    expires_at: datetime
    provenance: Provenance
    times_used: int
    last_used_at: datetime | None


def view_of_fact(record: FactRecord, uses: ItemUses | None, now: datetime) -> FactView:
    """Return a stored fact as it stands ``now``."""
    return FactView(
        fact_id=record.fact_id,
        question_id=record.question_id,
        statement=record.statement or "",
        category=record.category,
        purpose=record.purpose,
        version=record.version,
        kind=record.kind,
        state=_standing(record, now),
        valid_from=record.valid_from,
        expires_at=record.expires_at,
        provenance=Provenance(
            origin=record.origin,
            catalogue_question=record.catalogue_question,
            shown_at=record.shown_at,
            asked_at=record.asked_at,
            answered_at=record.answered_at,
            confirmed_at=record.confirmed_at,
            card_lang=record.card_lang,
            card_sha256=record.card_sha256,
            channel=record.channel,
        ),
        times_used=uses.times if uses else 0,
        last_used_at=uses.last if uses else None,
    )


def _standing(record: FactRecord, now: datetime) -> FactStanding:
    if record.statement is None:
        return "damaged"
    return "expired" if now >= record.expires_at else record.state
