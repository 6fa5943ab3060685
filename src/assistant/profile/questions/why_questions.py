"""The why-question protocol: show the card, ask, answer, confirm, decline.

Each method takes one step inside the caller's transaction, refuses one that comes too early or too
late with an error that says what is next, and gives the same answer when it is repeated. The
database holds the same order against everybody else (``store/migrations/question_guards.py``).

The card is what asks for consent: confirming the exact words gives the question's purpose for
stated reasons where that does not stand yet, with the version and hash of the card that was shown.
"""

from datetime import datetime

from assistant.core.clock import add_months
from assistant.core.errors import (
    CardNotShown,
    QuestionAnswered,
    QuestionClosed,
    QuestionConfirmed,
    QuestionNotAnswered,
    QuestionNotAsked,
    Stale,
)
from assistant.core.ids import new_id
from assistant.profile.consent.ledger import ConsentDecision
from assistant.profile.pack.question_catalogue import REASONS
from assistant.profile.questions.cards import CardShown, card_of
from assistant.profile.questions.confirmed_words import Confirmed
from assistant.profile.questions.fact_views import FactView
from assistant.profile.questions.proposals import QuestionProposals
from assistant.profile.questions.statements import checked_words
from assistant.profile.questions.states import OPEN, state_of
from assistant.profile.questions.views import Confirming, QuestionView, question_text
from assistant.store.engine import Connection
from assistant.store.question_records import Answer, Asking, QuestionRecord, Showing

CHANNEL = "why-question"
"""The channel of a consent that a confirmation gives."""


class WhyQuestions(QuestionProposals):
    """Takes the steps of why-questions after their proposal."""

    def disclose(
        self,
        connection: Connection,
        customer_id: str,
        question_id: str,
        shown: CardShown,
        *,
        at: datetime,
    ) -> QuestionView:
        """Record that the card was on the screen (in a write).

        Raises:
            NotFound: the customer has no such question.
            QuestionClosed: it is over.
            Stale: the version or the text is not what the card shows today.
        """
        question = self._held(connection, customer_id, question_id)
        if question.showing is None:
            self._refuse_closed(question, at)
            self._check_current(question, shown)
            showing = Showing(shown.lang, shown.text_sha256, shown.channel, at)
            self._questions.add_showing(connection, customer_id, question, showing)
        return self.get_question(connection, customer_id, question_id, lang=shown.lang, now=at)

    def ask(
        self,
        connection: Connection,
        customer_id: str,
        question_id: str,
        *,
        lang: str,
        at: datetime,
    ) -> QuestionView:
        """Put the question after its card (in a write); the view carries its text from now on.

        Raises:
            NotFound: the customer has no such question.
            CardNotShown: the card was not acknowledged.
            QuestionClosed: it is over.
        """
        question = self._held(connection, customer_id, question_id)
        if question.asking is None:
            self._refuse_closed(question, at)
            if question.showing is None:
                raise CardNotShown("show the purpose card and acknowledge it before the question")
            text = question_text(self._pack, question, lang)
            self._questions.add_asking(
                connection,
                customer_id,
                question,
                question.showing,
                Asking(text.text_sha256, text.lang, at),
            )
        return self.get_question(connection, customer_id, question_id, lang=lang, now=at)

    def answer(
        self,
        connection: Connection,
        customer_id: str,
        question_id: str,
        words: str,
        *,
        at: datetime,
        lang: str = "en",
    ) -> QuestionView:
        """Take an answer (in a write); the view's ``to_confirm`` is what would be kept of it.

        Raises:
            NotFound: the customer has no such question.
            InvalidInput: the words are not what may be kept.
            CardNotShown, QuestionNotAsked: a step before it is missing.
            QuestionAnswered: other words were answered before.
            QuestionClosed: it is over.
        """
        words = checked_words(words)
        question = self._held(connection, customer_id, question_id)
        self._refuse_closed(question, at)
        if question.answer is None:
            self._refuse_unasked(question)
            self._questions.add_answer(connection, customer_id, question, words, at=at)
        elif question.answer.words != words:
            raise QuestionAnswered("it was answered; change the words when you confirm them")
        return self.get_question(connection, customer_id, question_id, lang=lang, now=at)

    def confirm(
        self,
        connection: Connection,
        customer_id: str,
        question_id: str,
        words: str,
        confirming: Confirming,
    ) -> FactView:
        """Store exactly ``words`` as a fact (in a write), and the consent that this gives.

        Nothing else that was said stays: the answer's own words and the proposal's are taken out.

        Raises:
            NotFound: the customer has no such question.
            InvalidInput: the words are not what may be kept.
            CardNotShown, QuestionNotAsked, QuestionNotAnswered: a step before it is missing.
            QuestionConfirmed: other words were confirmed before.
            QuestionClosed: it is over, or its purpose has a new version.
        """
        words, at = checked_words(words), confirming.at
        question = self._held(connection, customer_id, question_id)
        if question.fact_id is not None:
            return self._confirmed(connection, customer_id, question.fact_id, words, at)
        self._refuse_closed(question, at)
        answer = self._answered(connection, customer_id, question, at)
        self._give_consent(connection, customer_id, question, confirming)
        question = self._get(connection, customer_id, question_id)
        expires_at = add_months(at, self._keep_months(question))
        confirmed = Confirmed(words, "confirmed", confirming.channel, at, expires_at)
        fact = self._facts.store(connection, customer_id, question, answer, new_id(), confirmed)
        self._questions.blank_words(connection, customer_id, question)
        return fact

    def decline(
        self,
        connection: Connection,
        customer_id: str,
        question_id: str,
        *,
        at: datetime,
        lang: str = "en",
    ) -> QuestionView:
        """Take "no thanks" (in a write): what was said is not kept, and it is silent for 90 days.

        Raises:
            NotFound: the customer has no such question.
            QuestionConfirmed: it led to a fact already, which can be deleted.
            QuestionClosed: its time passed or its fact was withdrawn.
        """
        question = self._held(connection, customer_id, question_id)
        if question.fact_id is not None:
            raise QuestionConfirmed("its answer is kept as a fact; delete the fact instead")
        if question.ending != "declined":
            self._refuse_closed(question, at)
            self._questions.end(connection, customer_id, question, "declined", at=at)
        return self.get_question(connection, customer_id, question_id, lang=lang, now=at)

    def _held(self, connection: Connection, customer_id: str, question_id: str) -> QuestionRecord:
        """Return the question as it stays until this write ends."""
        self._questions.hold(connection, customer_id)
        return self._get(connection, customer_id, question_id)

    def _refuse_closed(self, question: QuestionRecord, at: datetime) -> None:
        state = state_of(question, now=at)
        if state not in OPEN:
            raise QuestionClosed(f"this question is {state.value}")
        if not self._is_open(question, at):
            raise QuestionClosed("its purpose has a new version since; it has to be asked anew")

    def _refuse_unasked(self, question: QuestionRecord) -> None:
        if question.showing is None:
            raise CardNotShown("show the purpose card and acknowledge it before the question")
        if question.asking is None:
            raise QuestionNotAsked("the question was not put yet; acknowledge the card")

    def _check_current(self, question: QuestionRecord, shown: CardShown) -> None:
        """Refuse an acknowledgement of anything but the card that is shown today."""
        card = card_of(self._pack, question.purpose, shown.lang)
        if shown.version != card.version:
            raise Stale(f"the card is now version {card.version}; show it again")
        if (shown.lang, shown.text_sha256) != (card.lang, card.text_sha256):
            raise Stale("the text of the card has changed; show it again")

    def _confirmed(
        self,
        connection: Connection,
        customer_id: str,
        fact_id: str,
        words: str,
        at: datetime,
    ) -> FactView:
        """Return the fact of a confirmation that is repeated."""
        fact = self._facts.get_fact(connection, customer_id, fact_id, now=at)
        if fact.statement != words:
            raise QuestionConfirmed("other words were confirmed; correct the fact instead")
        return fact

    def _answered(
        self, connection: Connection, customer_id: str, question: QuestionRecord, at: datetime
    ) -> Answer:
        """Return the answer; words that were there before the question are their own answer."""
        if question.answer is not None:
            return question.answer
        self._refuse_unasked(question)
        if question.proposal is None:
            raise QuestionNotAnswered("answer first, then confirm the exact words")
        return self._questions.add_answer(
            connection, customer_id, question, question.proposal, at=at
        )

    def _give_consent(
        self,
        connection: Connection,
        customer_id: str,
        question: QuestionRecord,
        confirming: Confirming,
    ) -> None:
        """Record the consent that the confirmation gives, unless it stands already."""
        showing = question.showing
        if showing is None:
            raise AssertionError("an answer comes after its card")
        if self._ledger.state(connection, customer_id).permits(question.purpose, REASONS):
            return
        self._ledger.decide(
            connection,
            ConsentDecision(
                customer_id=customer_id,
                purpose=question.purpose,
                decision="given",
                channel=CHANNEL,
                at=confirming.at,
                version=question.version,
                text_sha256=showing.text_sha256,
                categories=frozenset({REASONS}),
                evidence={"question": question.question_id, "where": confirming.channel},
                beside_gpc=confirming.beside_gpc,
                lang=showing.lang,
            ),
        )

    def _keep_months(self, question: QuestionRecord) -> int:
        """Return how long the fact is kept: as its question says, else as its category is."""
        known = self._pack.questions.find_question(question.catalogue_question)
        months = self._pack.categories[REASONS].retention_months
        return min(known.keep_months, months) if known else months
