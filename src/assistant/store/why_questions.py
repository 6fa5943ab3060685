"""Why-questions: each step is appended once and read back with the steps before it.

The database refuses a step that comes out of order (see ``migrations/question_guards.py``); what a
caller should be told instead is decided above, in ``profile.questions.why_questions``.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    exists,
    insert,
    select,
    update,
)

from assistant.core.clock import to_epoch_ms
from assistant.core.errors import NotFound
from assistant.store.question_reading import QuestionReading
from assistant.store.question_records import (
    Answer,
    Asking,
    Confirmation,
    Ending,
    NewQuestion,
    QuestionRecord,
    Showing,
)
from assistant.store.sealed_words import SealedWords
from assistant.store.tables.catalogue import as_stored, table_of
from assistant.store.tables.customers import CustomerRow
from assistant.store.tables.why_questions import (
    AnswerRow,
    AskingRow,
    CardShowingRow,
    ConfirmationRow,
    WhyQuestionRow,
)
from assistant.vault.vault import Vault

_C = table_of(CustomerRow)
_Q = table_of(WhyQuestionRow)
_S = table_of(CardShowingRow)
_K = table_of(AskingRow)
_A = table_of(AnswerRow)
_N = table_of(ConfirmationRow)


_HOLD = (
    select(_C.c.customer_id).where(_C.c.customer_id == bindparam("of_customer")).with_for_update()
)
_ADD_QUESTION, _ADD_SHOWING, _ADD_ASKING = insert(_Q), insert(_S), insert(_K)
_ADD_ANSWER, _ADD_CONFIRMATION = insert(_A), insert(_N)


def _of(table: Table) -> ColumnElement[bool]:
    return and_(
        table.c.customer_id == bindparam("of_customer"),
        table.c.question_id == bindparam("of_question"),
    )


_END = (
    update(_Q)
    .where(_of(_Q), _Q.c.ending.is_(None))
    .values(ending=bindparam("as_ending"), ended_at=bindparam("now"))
)
_BLANK_PROPOSAL = update(_Q).where(_of(_Q)).values(proposal_sealed=bindparam("sealed"))
_BLANK_ANSWER = update(_A).where(_of(_A)).values(answer_sealed=bindparam("sealed"))
_DROP_CONFIRMATIONS = _N.delete().where(_of(_N))
_DROP_ANSWER = _A.delete().where(_of(_A))
_DUE = (
    select(_Q.c.customer_id, _Q.c.question_id)
    .where(
        _Q.c.ending.is_(None),
        _Q.c.expires_at <= bindparam("now"),
        ~exists().where(_N.c.customer_id == _Q.c.customer_id, _N.c.question_id == _Q.c.question_id),
    )
    .limit(bindparam("at_most"))
)


class QuestionRepository(QuestionReading):
    """Appends the steps of questions and reads them back, for one customer at a time."""

    def __init__(self, *, vault: Vault) -> None:
        super().__init__(words=SealedWords(vault=vault))

    def hold(self, connection: Connection, customer_id: str) -> None:
        """Let one write at a time take steps for this customer, until it ends.

        Raises:
            NotFound: there is no such customer.
        """
        if connection.execute(_HOLD, {"of_customer": customer_id}).first() is None:
            raise NotFound("there is no such customer")

    def add_question(self, connection: Connection, customer_id: str, new: NewQuestion) -> None:
        """Propose a question."""
        proposal = new.proposal
        connection.execute(
            _ADD_QUESTION,
            {
                "customer_id": customer_id,
                "question_id": new.question_id,
                "purpose": new.purpose,
                "version": new.version,
                "origin": new.origin,
                "catalogue_question": new.catalogue_question,
                "conversation_id": new.conversation_id,
                "proposal_sealed": proposal
                and self._words.seal(customer_id, _Q.name, new.question_id, proposal),
                "proposed_at": to_epoch_ms(new.proposed_at),
                "expires_at": to_epoch_ms(new.expires_at),
            },
        )

    def add_showing(
        self, connection: Connection, customer_id: str, question: QuestionRecord, shown: Showing
    ) -> None:
        """Record that the purpose card of a question was on the screen."""
        values = {
            **_ids(customer_id, question),
            "purpose": question.purpose,
            "version": question.version,
            "lang": shown.lang,
            "text_sha256": shown.text_sha256,
            "channel": shown.channel,
            "shown_at": to_epoch_ms(shown.shown_at),
        }
        connection.execute(_ADD_SHOWING, values)

    def add_asking(
        self,
        connection: Connection,
        customer_id: str,
        question: QuestionRecord,
        showing: Showing,
        asking: Asking,
    ) -> None:
        """Record that the question was put after this card."""
        values = {
            **_ids(customer_id, question),
            "text_sha256": showing.text_sha256,
            "question_sha256": asking.question_sha256,
            "lang": asking.lang,
            "asked_at": to_epoch_ms(asking.asked_at),
        }
        connection.execute(_ADD_ASKING, values)

    def add_answer(
        self,
        connection: Connection,
        customer_id: str,
        question: QuestionRecord,
        words: str,
        *,
        at: datetime,
    ) -> Answer:
        """Seal and store what the customer answered."""
        tagged = self._words.seal_answer(customer_id, _A.name, question.question_id, words)
        values = {
            **_ids(customer_id, question),
            "answer_sealed": tagged.sealed,
            "tag": tagged.tag,
            "answered_at": to_epoch_ms(at),
        }
        connection.execute(_ADD_ANSWER, values)
        return Answer(tagged.tag, as_stored(at), words)

    def add_confirmation(
        self,
        connection: Connection,
        customer_id: str,
        question: QuestionRecord,
        answer_tag: bytes,
        confirmation: Confirmation,
    ) -> None:
        """Record that the customer confirmed the words that ``confirmation.tag`` stands for."""
        values = {
            **_ids(customer_id, question),
            "seq": confirmation.seq,
            "kind": confirmation.kind,
            "answer_tag": answer_tag,
            "tag": confirmation.tag,
            "channel": confirmation.channel,
            "confirmed_at": to_epoch_ms(confirmation.confirmed_at),
        }
        connection.execute(_ADD_CONFIRMATION, values)

    def blank_words(
        self, connection: Connection, customer_id: str, question: QuestionRecord
    ) -> None:
        """Take out the words that a proposal and an answer still hold; their tags stay."""
        question_id = question.question_id
        ids = {"of_customer": customer_id, "of_question": question_id}
        if question.proposal is not None:
            sealed = self._words.blank(customer_id, _Q.name, question_id)
            connection.execute(_BLANK_PROPOSAL, {**ids, "sealed": sealed})
        if question.answer is not None and question.answer.words is not None:
            sealed = self._words.blank(customer_id, _A.name, question_id)
            connection.execute(_BLANK_ANSWER, {**ids, "sealed": sealed})

    def end(
        self,
        connection: Connection,
        customer_id: str,
        question: QuestionRecord,
        ending: Ending,
        *,
        at: datetime,
    ) -> None:
        """End a question that has no fact (any more): nothing of its words or tags stays."""
        ids = {"of_customer": customer_id, "of_question": question.question_id}
        connection.execute(_DROP_CONFIRMATIONS, ids)
        connection.execute(_DROP_ANSWER, ids)
        if question.proposal is not None:
            sealed = self._words.blank(customer_id, _Q.name, question.question_id)
            connection.execute(_BLANK_PROPOSAL, {**ids, "sealed": sealed})
        connection.execute(_END, {**ids, "as_ending": ending, "now": to_epoch_ms(at)})

    def list_due(
        self, connection: Connection, *, now: datetime, limit: int
    ) -> Sequence[tuple[str, str]]:
        """Return customer and id of questions whose time passed before anything was confirmed."""
        rows = connection.execute(_DUE, {"now": to_epoch_ms(now), "at_most": limit})
        return [(row.customer_id, row.question_id) for row in rows]


def _ids(customer_id: str, question: QuestionRecord) -> dict[str, Any]:
    return {"customer_id": customer_id, "question_id": question.question_id}
