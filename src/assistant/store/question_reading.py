"""Reads why-questions back, each with the steps that were taken, opened for their own customer."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, FromClause, Row, Table, and_, bindparam, select

from assistant.core.clock import from_epoch_ms
from assistant.store.question_records import (
    Answer,
    Asking,
    Confirmation,
    QuestionRecord,
    Showing,
)
from assistant.store.sealed_words import SealedWords
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.why_questions import (
    AnswerRow,
    AskingRow,
    CardShowingRow,
    ConfirmationRow,
    FactRow,
    WhyQuestionRow,
)

_Q = table_of(WhyQuestionRow)
_S = table_of(CardShowingRow)
_K = table_of(AskingRow)
_A = table_of(AnswerRow)
_N = table_of(ConfirmationRow)
_F = table_of(FactRow)


def _joined(left: FromClause, right: Table) -> FromClause:
    return left.outerjoin(
        right,
        and_(right.c.customer_id == _Q.c.customer_id, right.c.question_id == _Q.c.question_id),
    )


_OF = _Q.c.customer_id == bindparam("of_customer")
_READ = (
    select(
        _Q,
        _S.c.lang.label("card_lang"),
        _S.c.text_sha256,
        _S.c.channel,
        _S.c.shown_at,
        _K.c.question_sha256,
        _K.c.lang.label("asked_lang"),
        _K.c.asked_at,
        _A.c.answer_sealed,
        _A.c.tag.label("answer_tag"),
        _A.c.answered_at,
        _F.c.fact_id,
    )
    .select_from(_joined(_joined(_joined(_joined(_Q, _S), _K), _A), _F))
    .where(_OF)
)
_LIST = _READ.order_by(_Q.c.question_id.desc())
_ONE = _READ.where(_Q.c.question_id == bindparam("of_question"))
_CONFIRMATIONS = (
    select(_N)
    .where(_N.c.customer_id == bindparam("of_customer"))
    .order_by(_N.c.question_id, _N.c.seq)
)
_CONFIRMATIONS_OF_ONE = _CONFIRMATIONS.where(_N.c.question_id == bindparam("of_question"))


class QuestionReading:
    """Finds and lists the questions of one customer at a time."""

    def __init__(self, *, words: SealedWords) -> None:
        self._words = words

    def find_question(
        self, connection: Connection, customer_id: str, question_id: str
    ) -> QuestionRecord | None:
        """Return one question of this customer."""
        values = {"of_customer": customer_id, "of_question": question_id}
        row = connection.execute(_ONE, values).one_or_none()
        if row is None:
            return None
        confirmed = _confirmations(connection.execute(_CONFIRMATIONS_OF_ONE, values))
        return self._record(row, confirmed.get(question_id, ()))

    def list_questions(self, connection: Connection, customer_id: str) -> Sequence[QuestionRecord]:
        """Return all questions of a customer, newest first."""
        values = {"of_customer": customer_id}
        rows = connection.execute(_LIST, values).all()
        confirmed = _confirmations(connection.execute(_CONFIRMATIONS, values)) if rows else {}
        return [self._record(row, confirmed.get(row.question_id, ())) for row in rows]

    def _record(
        self, row: Row[*tuple[Any, ...]], confirmations: tuple[Confirmation, ...]
    ) -> QuestionRecord:
        proposal = row.proposal_sealed
        return QuestionRecord(
            question_id=row.question_id,
            purpose=row.purpose,
            version=row.version,
            origin=row.origin,
            catalogue_question=row.catalogue_question,
            conversation_id=row.conversation_id,
            proposed_at=from_epoch_ms(row.proposed_at),
            expires_at=from_epoch_ms(row.expires_at),
            ending=row.ending,
            ended_at=None if row.ended_at is None else from_epoch_ms(row.ended_at),
            proposal=proposal
            and self._words.open(row.customer_id, _Q.name, row.question_id, proposal),
            showing=_showing(row),
            asking=_asking(row),
            answer=self._answer(row),
            confirmations=confirmations,
            fact_id=row.fact_id,
        )

    def _answer(self, row: Row[*tuple[Any, ...]]) -> Answer | None:
        if row.answer_sealed is None:
            return None
        sealed = row.answer_sealed
        words = self._words.open(row.customer_id, _A.name, row.question_id, sealed)
        return Answer(bytes(row.answer_tag), from_epoch_ms(row.answered_at), words)


def _confirmations(
    rows: Iterable[Row[*tuple[Any, ...]]],
) -> dict[str, tuple[Confirmation, ...]]:
    """Return the confirmations of each question, in order."""
    found: dict[str, tuple[Confirmation, ...]] = {}
    for row in rows:
        confirmation = Confirmation(
            row.seq, row.kind, bytes(row.tag), row.channel, from_epoch_ms(row.confirmed_at)
        )
        found[row.question_id] = (*found.get(row.question_id, ()), confirmation)
    return found


def _showing(row: Row[*tuple[Any, ...]]) -> Showing | None:
    if row.shown_at is None:
        return None
    return Showing(row.card_lang, row.text_sha256, row.channel, from_epoch_ms(row.shown_at))


def _asking(row: Row[*tuple[Any, ...]]) -> Asking | None:
    if row.asked_at is None:
        return None
    return Asking(row.question_sha256, row.asked_lang, from_epoch_ms(row.asked_at))
