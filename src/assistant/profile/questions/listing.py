"""Shows a customer their why-questions, and finds the one that is open."""

from collections.abc import Sequence
from datetime import datetime

from assistant.core.errors import NotFound
from assistant.profile.pack.loading import Pack
from assistant.profile.questions.states import OPEN, state_of
from assistant.profile.questions.views import QuestionView, view_of
from assistant.store.engine import Connection
from assistant.store.question_records import QuestionRecord
from assistant.store.uses import UseRepository
from assistant.store.why_questions import QuestionRepository


class QuestionList:
    """Reads the questions of one customer at a time."""

    def __init__(self, *, pack: Pack, questions: QuestionRepository, uses: UseRepository) -> None:
        self._pack = pack
        self._questions = questions
        self._uses = uses

    def list_questions(
        self, connection: Connection, customer_id: str, *, lang: str, now: datetime
    ) -> tuple[QuestionView, ...]:
        """Return every question of a customer, newest first, each with the card it shows."""
        records = self._questions.list_questions(connection, customer_id)
        ids = [record.fact_id for record in records if record.fact_id is not None]
        uses = self._uses.count_by_item(connection, customer_id, ids) if ids else {}
        return tuple(
            view_of(self._pack, record, uses.get(record.fact_id or ""), lang=lang, now=now)
            for record in records
        )

    def get_question(
        self,
        connection: Connection,
        customer_id: str,
        question_id: str,
        *,
        lang: str,
        now: datetime,
    ) -> QuestionView:
        """Return one question of a customer.

        Raises:
            NotFound: the customer has no such question.
        """
        question = self._get(connection, customer_id, question_id)
        return self._view(connection, customer_id, question, lang, now)

    def find_open(
        self,
        connection: Connection,
        customer_id: str,
        conversation_id: str,
        *,
        lang: str,
        now: datetime,
    ) -> QuestionView | None:
        """Return the open question of a conversation: what to send again after a reconnect."""
        for question in self._open_ones(connection, customer_id, now):
            if question.conversation_id == conversation_id:
                return self._view(connection, customer_id, question, lang, now)
        return None

    def _view(
        self,
        connection: Connection,
        customer_id: str,
        question: QuestionRecord,
        lang: str,
        now: datetime,
    ) -> QuestionView:
        uses = None
        if question.fact_id is not None:
            counted = self._uses.count_by_item(connection, customer_id, [question.fact_id])
            uses = counted.get(question.fact_id)
        return view_of(self._pack, question, uses, lang=lang, now=now)

    def _get(self, connection: Connection, customer_id: str, question_id: str) -> QuestionRecord:
        question = self._questions.find_question(connection, customer_id, question_id)
        if question is None:
            raise NotFound("there is no such question")
        return question

    def _open_ones(
        self, connection: Connection, customer_id: str, now: datetime
    ) -> Sequence[QuestionRecord]:
        records = self._questions.list_questions(connection, customer_id)
        return [record for record in records if self._is_open(record, now)]

    def _is_open(self, record: QuestionRecord, now: datetime) -> bool:
        """Whether the next step may be taken: in its time, and while its purpose is unchanged."""
        purpose = self._pack.purposes.find_purpose(record.purpose)
        unchanged = purpose is not None and purpose.version == record.version
        return unchanged and state_of(record, now=now) in OPEN
