"""From a good moment to a proposed question, in the transaction of the reply.

Only where ``question_timing`` found something to ask is it looked up here whether it may be asked:
asked in this conversation already, declined within 90 days, "never ask me why", a person called.
"""

from dataclasses import replace
from datetime import datetime

from assistant.core.actor import CustomerActor, Role
from assistant.core.ids import ConversationId
from assistant.dialogue.history_access import Opened
from assistant.dialogue.question_timing import Proposed
from assistant.profile.pack.question_catalogue import QuestionCatalogue
from assistant.profile.questions.choice import choose_question
from assistant.profile.questions.views import Proposal
from assistant.profile.questions.why_questions import WhyQuestions
from assistant.store.conversations import RecordedTurn
from assistant.store.engine import Connection
from assistant.store.handoffs import HandoffRepository


class Asking:
    """Proposes in the transaction of the reply."""

    def __init__(
        self, *, catalogue: QuestionCatalogue, questions: WhyQuestions, handoffs: HandoffRepository
    ) -> None:
        self._catalogue = catalogue
        self._questions = questions
        self._handoffs = handoffs

    def look_up(
        self,
        connection: Connection,
        actor: CustomerActor,
        conversation: ConversationId | None,
        opened: Opened,
        *,
        now: datetime,
    ) -> Opened:
        """Return ``opened`` with what stands against asking: most turns then propose nothing."""
        asked = self._questions.asked_before(connection, actor.customer_id, now=now)
        had_one = opened.asked_why or conversation in asked.conversations
        return replace(opened, asked_why=had_one, asked_before=asked)

    def propose(
        self,
        connection: Connection,
        actor: CustomerActor,
        recorded: RecordedTurn,
        proposed: Proposed,
        at: datetime,
    ) -> str | None:
        """Propose the question (in a write) and return its id; None where none may be asked now."""
        customer_id, conversation = actor.customer_id, recorded.conversation_id
        if actor.role is not Role.CUSTOMER:
            return None
        if self._handoffs.find_handoff(connection, customer_id, conversation) is not None:
            return None
        chosen = None
        if proposed.words is None:
            asked = self._questions.asked_before(connection, customer_id, now=at)
            chosen = choose_question(self._catalogue, proposed.situation, asked)
            if chosen is None:
                return None
        view = self._questions.propose(
            connection,
            customer_id,
            Proposal(
                origin="volunteered" if chosen is None else "catalogue",
                at=at,
                lang=recorded.lang or "en",
                conversation_id=conversation,
                catalogue_question=chosen.id if chosen else None,
                words=proposed.words,
            ),
        )
        return view.question_id if view else None
