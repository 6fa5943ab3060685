"""Facts: confirmed statements, sealed, each tied to its confirmation by a tag that is verified.

A fact whose words do not fit its tag, or whose tag is not that of its confirmation, comes back
without words: ``statement`` None. It can be seen and deleted, and nothing may use it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, Row, and_, bindparam, insert, select, update

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.errors import KeyUnavailable, SealBroken
from assistant.store.question_records import ConfirmationKind, Origin
from assistant.store.sealed_words import SealedWords, TaggedWords
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.why_questions import (
    AnswerRow,
    AskingRow,
    CardShowingRow,
    ConfirmationRow,
    FactRow,
    WhyQuestionRow,
)
from assistant.vault.vault import Vault

FactState: TypeAlias = Literal["active", "paused"]

_F = table_of(FactRow)
_N = table_of(ConfirmationRow)
_A = table_of(AnswerRow)
_K = table_of(AskingRow)
_S = table_of(CardShowingRow)
_Q = table_of(WhyQuestionRow)


@dataclass(frozen=True, slots=True)
class NewFact:
    """A confirmed statement to be stored; ``tagged`` are its sealed words and their tag."""

    fact_id: str
    question_id: str
    confirmation: int
    purpose: str
    version: int
    text_sha256: str
    category: str
    tagged: TaggedWords = field(repr=False)
    valid_from: datetime
    expires_at: datetime
    state: FactState = "active"


@dataclass(frozen=True, slots=True)
class FactRecord:
    """A stored fact with what it came from; ``statement`` is None where it proves not sound."""

    fact_id: str
    question_id: str
    statement: str | None = field(repr=False)
    category: str
    purpose: str
    version: int
    kind: ConfirmationKind
    confirmation: int
    state: FactState
    valid_from: datetime
    expires_at: datetime
    origin: Origin
    catalogue_question: str | None
    card_lang: str
    card_sha256: str
    channel: str
    shown_at: datetime
    asked_at: datetime
    answered_at: datetime
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class AuditedFact:
    """A fact and whether its words are those that were confirmed."""

    customer_id: str
    fact_id: str
    category: str
    sound: bool


def _same_question(table: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own types of a condition
    return and_(table.c.customer_id == _F.c.customer_id, table.c.question_id == _F.c.question_id)


_READ = select(
    _F,
    _N.c.tag.label("confirmed_tag"),
    _N.c.answer_tag,
    _N.c.kind,
    _N.c.channel,
    _N.c.confirmed_at,
    _A.c.tag.label("answered_tag"),
    _A.c.answered_at,
    _K.c.asked_at,
    _S.c.lang.label("card_lang"),
    _S.c.shown_at,
    _Q.c.origin,
    _Q.c.catalogue_question,
).select_from(
    _F.join(_N, and_(_same_question(_N), _N.c.seq == _F.c.confirmation))
    .join(_A, _same_question(_A))
    .join(_K, _same_question(_K))
    .join(_S, _same_question(_S))
    .join(_Q, _same_question(_Q))
)
_OF = _F.c.customer_id == bindparam("of_customer")
_LIST = _READ.where(_OF).order_by(_F.c.fact_id.desc())
_ONE = _READ.where(_OF, _F.c.fact_id == bindparam("of_fact"))
_ADD = insert(_F)
_DELETE = _F.delete().where(_OF, _F.c.fact_id == bindparam("of_fact"))
_SET_STATE = (
    update(_F).where(_OF, _F.c.fact_id == bindparam("of_fact")).values(state=bindparam("as_state"))
)
_EXPIRED = (
    select(_F.c.customer_id, _F.c.fact_id)
    .where(_F.c.expires_at <= bindparam("now"))
    .limit(bindparam("at_most"))
)
_HELD = select(_F.c.fact_id, _F.c.category).where(_OF).order_by(_F.c.fact_id)
_HOLDERS = (
    select(_F.c.customer_id)
    .where(_F.c.customer_id > bindparam("after_customer"))
    .group_by(_F.c.customer_id)
    .order_by(_F.c.customer_id)
    .limit(bindparam("at_most"))
)


class FactRepository:
    """Stores facts and gives them back verified, for one customer at a time."""

    def __init__(self, *, vault: Vault) -> None:
        self._words = SealedWords(vault=vault)

    def seal_statement(
        self,
        customer_id: str,
        fact_id: str,
        words: str,
        *,
        question_id: str,
        answer_tag: bytes,
    ) -> TaggedWords:
        """Return the sealed words and the tag that the confirmation must carry too."""
        return self._words.seal_statement(
            customer_id, _F.name, fact_id, words, question_id=question_id, answer_tag=answer_tag
        )

    def add_fact(self, connection: Connection, customer_id: str, new: NewFact) -> None:
        """Store a fact; its confirmation must be there."""
        values = {
            "customer_id": customer_id,
            "fact_id": new.fact_id,
            "question_id": new.question_id,
            "confirmation": new.confirmation,
            "purpose": new.purpose,
            "version": new.version,
            "text_sha256": new.text_sha256,
            "category": new.category,
            "statement_sealed": new.tagged.sealed,
            "tag": new.tagged.tag,
            "valid_from": to_epoch_ms(new.valid_from),
            "expires_at": to_epoch_ms(new.expires_at),
            "state": new.state,
        }
        connection.execute(_ADD, values)

    def delete_fact(self, connection: Connection, customer_id: str, fact_id: str) -> bool:
        """Delete the row of a fact; False when there is none."""
        values = {"of_customer": customer_id, "of_fact": fact_id}
        return connection.execute(_DELETE, values).rowcount == 1

    def set_state(
        self, connection: Connection, customer_id: str, fact_id: str, state: FactState
    ) -> None:
        """Pause a fact, or let it be used again."""
        values = {"of_customer": customer_id, "of_fact": fact_id, "as_state": state}
        connection.execute(_SET_STATE, values)

    def find_fact(
        self, connection: Connection, customer_id: str, fact_id: str
    ) -> FactRecord | None:
        """Return one fact of this customer."""
        values = {"of_customer": customer_id, "of_fact": fact_id}
        row = connection.execute(_ONE, values).one_or_none()
        return None if row is None else self._record(row)

    def list_facts(self, connection: Connection, customer_id: str) -> Sequence[FactRecord]:
        """Return all facts of a customer, newest first."""
        rows = connection.execute(_LIST, {"of_customer": customer_id})
        return [self._record(row) for row in rows]

    def list_expired(
        self, connection: Connection, *, now: datetime, limit: int
    ) -> Sequence[tuple[str, str]]:
        """Return customer and id of facts whose time is over."""
        rows = connection.execute(_EXPIRED, {"now": to_epoch_ms(now), "at_most": limit})
        return [(row.customer_id, row.fact_id) for row in rows]

    def list_holders(self, connection: Connection, after: str, limit: int) -> Sequence[str]:
        """Return customers who have facts, in the order of their ids from ``after`` on."""
        values = {"after_customer": after, "at_most": limit}
        return connection.execute(_HOLDERS, values).scalars().all()

    def audit_facts(self, connection: Connection, customer_id: str) -> Sequence[AuditedFact]:
        """Return every fact of a customer, and whether it fits what was confirmed; no words.

        One whose chain is not whole, or whose customer has no key, does not.
        """
        values = {"of_customer": customer_id}
        whole = {row.fact_id: row for row in connection.execute(_LIST, values)}
        return [
            AuditedFact(customer_id, fact_id, category, self._is_sound(whole.get(fact_id)))
            for fact_id, category in connection.execute(_HELD, values)
        ]

    def _is_sound(self, row: Row[*tuple[Any, ...]] | None) -> bool:
        if row is None or not _is_chained(row):
            return False
        try:
            return self._words.fits_statement(
                row.customer_id,
                _F.name,
                row.fact_id,
                TaggedWords(row.statement_sealed, bytes(row.tag)),
                question_id=row.question_id,
                answer_tag=bytes(row.answered_tag),
            )
        except KeyUnavailable:
            return False

    def _record(self, row: Row[*tuple[Any, ...]]) -> FactRecord:
        return FactRecord(
            fact_id=row.fact_id,
            question_id=row.question_id,
            statement=self._verified(row),
            category=row.category,
            purpose=row.purpose,
            version=row.version,
            kind=row.kind,
            confirmation=row.confirmation,
            state=row.state,
            valid_from=from_epoch_ms(row.valid_from),
            expires_at=from_epoch_ms(row.expires_at),
            origin=row.origin,
            catalogue_question=row.catalogue_question,
            card_lang=row.card_lang,
            card_sha256=row.text_sha256,
            channel=row.channel,
            shown_at=from_epoch_ms(row.shown_at),
            asked_at=from_epoch_ms(row.asked_at),
            answered_at=from_epoch_ms(row.answered_at),
            confirmed_at=from_epoch_ms(row.confirmed_at),
        )

    def _verified(self, row: Row[*tuple[Any, ...]]) -> str | None:
        """Return the words, None unless every tag of the chain fits the next one."""
        if not _is_chained(row):
            return None
        try:
            return self._words.open_statement(
                row.customer_id,
                _F.name,
                row.fact_id,
                TaggedWords(row.statement_sealed, bytes(row.tag)),
                question_id=row.question_id,
                answer_tag=bytes(row.answered_tag),
            )
        except SealBroken:
            return None


def _is_chained(row: Row[*tuple[Any, ...]]) -> bool:
    """Whether fact, confirmation and answer carry each other's tags."""
    tied: bool = row.confirmed_tag == row.tag and row.answer_tag == row.answered_tag
    return tied
