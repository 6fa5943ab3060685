"""Proposes why-questions where nothing stands against it, and lets those go whose time passed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from assistant.core.errors import InvalidInput, TooManyRequests
from assistant.core.ids import new_id
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.pack.loading import Pack
from assistant.profile.pack.question_catalogue import REASONS
from assistant.profile.questions.choice import AskedBefore
from assistant.profile.questions.facts import Facts
from assistant.profile.questions.listing import QuestionList
from assistant.profile.questions.statements import checked_words
from assistant.profile.questions.states import QuestionState, state_of
from assistant.profile.questions.views import VOLUNTEERED, Proposal, QuestionView, asked_before
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection
from assistant.store.preferences import PreferenceRepository
from assistant.store.question_records import NewQuestion, QuestionRecord
from assistant.store.uses import UseRepository
from assistant.store.why_questions import QuestionRepository

Preference: TypeAlias = Literal["ask", "never"]
"""Whether a customer may be asked why; ``never`` silences every question until it is undone."""

PREFERENCE = "why_questions"
"""The name of that preference among a customer's others."""

PURPOSE = "learn_why"
"""The purpose of questions that are not from the catalogue."""

_LIFE = {
    "catalogue": timedelta(days=7),
    "volunteered": timedelta(hours=24),
    "guess": timedelta(days=30),
}
"""How long an open question may still be taken up; words that were volunteered go soonest."""

_MOST_OPEN = 20
"""Open proposals of one customer; more are nobody's wish."""


class QuestionProposals(QuestionList):
    """Proposes questions; ``region`` is where this deployment stores data."""

    def __init__(
        self,
        *,
        pack: Pack,
        questions: QuestionRepository,
        facts: Facts,
        ledger: ConsentLedger,
        customers: CustomerRepository,
        uses: UseRepository,
        region: str,
    ) -> None:
        super().__init__(pack=pack, questions=questions, uses=uses)
        self._facts = facts
        self._ledger = ledger
        self._customers = customers
        self._preferences = PreferenceRepository()
        self._region = region

    def propose(
        self, connection: Connection, customer_id: str, proposal: Proposal
    ) -> QuestionView | None:
        """Propose a question (in a write); None where it may not be asked now.

        It may not after "never ask me why", within 90 days of a no to it, when it was answered,
        when the conversation had its one question, where the purpose stores in another region, and,
        for a guess, before its purpose is given. What customers write down themselves (volunteered,
        without a conversation) is always theirs to offer.

        Raises:
            InvalidInput: the words are not what may be kept.
            TooManyRequests: too many proposals are open.
        """
        self._questions.hold(connection, customer_id)
        asked = self.asked_before(connection, customer_id, now=proposal.at)
        new = self._new_question(proposal)
        if new is None or not self._may_propose(connection, customer_id, proposal, asked):
            return None
        open_ones = self._open_ones(connection, customer_id, proposal.at)
        same = next((q for q in open_ones if _is_same(q, new)), None)
        if same is not None:
            return self._view(connection, customer_id, same, proposal.lang, proposal.at)
        if len(open_ones) >= _MOST_OPEN:
            raise TooManyRequests("too many proposals are open; confirm or decline some first")
        self._questions.add_question(connection, customer_id, new)
        return self.get_question(
            connection, customer_id, new.question_id, lang=proposal.lang, now=proposal.at
        )

    def asked_before(
        self, connection: Connection, customer_id: str, *, now: datetime
    ) -> AskedBefore:
        """Return what stands against asking, for ``choose_question``."""
        records = self._questions.list_questions(connection, customer_id)
        preference = self.preference(connection, customer_id)
        return asked_before(records, preference=preference, now=now)

    def preference(self, connection: Connection, customer_id: str) -> Preference:
        """Return whether the customer may be asked why."""
        chosen = self._preferences.find_preference(connection, customer_id, PREFERENCE)
        return "never" if chosen == "never" else "ask"

    def set_preference(
        self, connection: Connection, customer_id: str, preference: Preference, *, at: datetime
    ) -> None:
        """Take "never ask me why", or its opposite (in a write).

        With ``never`` the open questions of the assistant's own end as declined.
        """
        self._questions.hold(connection, customer_id)
        self._preferences.save_preference(connection, customer_id, PREFERENCE, preference, at=at)
        if preference == "never":
            for question in self._open_ones(connection, customer_id, at):
                if not _is_own(question):
                    self._questions.end(connection, customer_id, question, "declined", at=at)

    def expire_due(self, connection: Connection, customer_id: str, *, now: datetime) -> int:
        """Let go of what a customer's time passed for (in a write); returns how many.

        Open questions lose the words they hold; facts past their end go.
        """
        due = [
            question
            for question in self._questions.list_questions(connection, customer_id)
            if question.ending is None and state_of(question, now=now) is QuestionState.EXPIRED
        ]
        for question in due:
            self._questions.end(connection, customer_id, question, "expired", at=now)
        return len(due) + self._facts.expire_due(connection, customer_id, now=now)

    def list_due(
        self, connection: Connection, *, now: datetime, limit: int = 1000
    ) -> Sequence[str]:
        """Return customers for whom ``expire_due`` has something to do."""
        questions = self._questions.list_due(connection, now=now, limit=limit)
        facts = self._facts.list_due(connection, now=now, limit=limit)
        return sorted({customer_id for customer_id, _ in (*questions, *facts)})

    def _may_propose(
        self,
        connection: Connection,
        customer_id: str,
        proposal: Proposal,
        asked: AskedBefore,
    ) -> bool:
        if proposal.origin == VOLUNTEERED and proposal.conversation_id is None:
            return True
        name = proposal.catalogue_question or VOLUNTEERED
        if asked.preference == "never" or name in asked.silenced | asked.answered:
            return False
        if proposal.conversation_id in asked.conversations:
            return False
        if proposal.origin != "guess":
            return True
        return self._ledger.state(connection, customer_id).permits(PURPOSE, REASONS)

    def _new_question(self, proposal: Proposal) -> NewQuestion | None:
        """Return the question to store, None where there is no such one, or not in this region."""
        known = self._pack.questions.find_question(proposal.catalogue_question)
        if proposal.origin == "catalogue" and known is None:
            return None
        if (proposal.words is None) != (proposal.origin == "catalogue"):
            raise InvalidInput("a proposal has words, a question of the catalogue has none")
        purpose = self._pack.purposes[known.purpose if known else PURPOSE]
        if purpose.storage_region != self._region or REASONS not in purpose.categories:
            return None
        return NewQuestion(
            question_id=new_id(),
            purpose=purpose.id,
            version=purpose.version,
            origin=proposal.origin,
            proposed_at=proposal.at,
            expires_at=proposal.at + _LIFE[proposal.origin],
            catalogue_question=proposal.catalogue_question,
            conversation_id=proposal.conversation_id,
            proposal=None if proposal.words is None else checked_words(proposal.words),
        )


def _is_own(question: QuestionRecord) -> bool:
    """Whether the customer wrote the proposal down themselves."""
    return question.origin == VOLUNTEERED and question.conversation_id is None


def _is_same(question: QuestionRecord, new: NewQuestion) -> bool:
    """Whether a proposal is open already: the same words, or the same question."""
    return (
        question.origin == new.origin
        and question.conversation_id == new.conversation_id
        and question.catalogue_question == new.catalogue_question
        and question.proposal == new.proposal
    )
