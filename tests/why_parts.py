"""Why-questions and facts as a customer goes through them, over a test's database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from tests.profile_parts import Parts

from assistant.core.ids import CustomerId, new_id
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.consent.published_purposes import publish
from assistant.profile.questions.cards import CardShown
from assistant.profile.questions.fact_views import FactView
from assistant.profile.questions.facts import Facts
from assistant.profile.questions.views import Confirming, Proposal, QuestionView
from assistant.profile.questions.why_questions import WhyQuestions
from assistant.store.engine import Connection
from assistant.store.facts import FactRepository
from assistant.store.published_purposes import PublishedPurposeRepository
from assistant.store.uses import Use, UseRepository
from assistant.store.why_questions import QuestionRepository

T = TypeVar("T")


@dataclass
class WhyParts(Parts):
    """The parts of a deployment with its purposes published."""

    def __post_init__(self) -> None:
        self.database.write_now(
            lambda c: publish(c, self.pack, PublishedPurposeRepository(), at=self.clock())
        )

    @cached_property
    def question_rows(self) -> QuestionRepository:
        return QuestionRepository(vault=self.vault)

    @cached_property
    def facts(self) -> Facts:
        return Facts(
            facts=FactRepository(vault=self.vault),
            questions=self.question_rows,
            customers=self.customers,
            uses=UseRepository(),
        )

    @cached_property
    def ledger(self) -> ConsentLedger:
        return ConsentLedger(
            pack=self.pack,
            consents=self.consents,
            customers=self.customers,
            on_no=self.facts.heed_no,
        )

    @cached_property
    def why(self) -> WhyQuestions:
        return WhyQuestions(
            pack=self.pack,
            questions=self.question_rows,
            facts=self.facts,
            ledger=self.ledger,
            customers=self.customers,
            uses=UseRepository(),
            region="EU",
        )

    def write(self, work: Callable[[Connection], T]) -> T:
        return self.database.write_now(work)

    def propose(
        self,
        customer_id: CustomerId,
        name: str = "noise_at_home",
        *,
        conversation: str | None = None,
    ) -> QuestionView | None:
        """Propose a question of the catalogue in a conversation, a new one unless it is named."""
        proposal = Proposal(
            "catalogue",
            self.clock(),
            "en",
            conversation_id=conversation or new_id(),
            catalogue_question=name,
        )
        return self.write(lambda c: self.why.propose(c, customer_id, proposal))

    def volunteer(
        self, customer_id: CustomerId, words: str, *, conversation: str | None = None
    ) -> QuestionView | None:
        """Offer to keep words, said in a conversation or written down by the customer."""
        proposal = Proposal(
            "volunteered", self.clock(), "en", conversation_id=conversation, words=words
        )
        return self.write(lambda c: self.why.propose(c, customer_id, proposal))

    def guess(self, customer_id: CustomerId, words: str) -> QuestionView | None:
        """Propose a guess of the service."""
        proposal = Proposal("guess", self.clock(), "en", conversation_id=new_id(), words=words)
        return self.write(lambda c: self.why.propose(c, customer_id, proposal))

    def show(self, customer_id: CustomerId, view: QuestionView) -> QuestionView:
        """Acknowledge the card of a question."""
        card = view.card
        shown = CardShown(card.version, card.text_sha256, card.lang, "chat")
        return self.write(
            lambda c: self.why.disclose(c, customer_id, view.question_id, shown, at=self.clock())
        )

    def ask(self, customer_id: CustomerId, view: QuestionView) -> QuestionView:
        """Put a question whose card was shown."""
        return self.write(
            lambda c: self.why.ask(c, customer_id, view.question_id, lang="en", at=self.clock())
        )

    def answer(self, customer_id: CustomerId, view: QuestionView, words: str) -> QuestionView:
        """Answer a question."""
        return self.write(
            lambda c: self.why.answer(c, customer_id, view.question_id, words, at=self.clock())
        )

    def confirm(self, customer_id: CustomerId, view: QuestionView, words: str) -> FactView:
        """Confirm exact words."""
        confirming = Confirming(self.clock(), "chat")
        return self.write(
            lambda c: self.why.confirm(c, customer_id, view.question_id, words, confirming)
        )

    def decline(self, customer_id: CustomerId, view: QuestionView) -> QuestionView:
        """Say "no thanks"."""
        return self.write(
            lambda c: self.why.decline(c, customer_id, view.question_id, at=self.clock())
        )

    def get(self, customer_id: CustomerId, view: QuestionView) -> QuestionView:
        """The question as it stands now."""
        return self.database.read_now(
            lambda c: self.why.get_question(
                c, customer_id, view.question_id, lang="en", now=self.clock()
            )
        )

    def list_questions(self, customer_id: CustomerId) -> Sequence[QuestionView]:
        """Every question of a customer."""
        return self.database.read_now(
            lambda c: self.why.list_questions(c, customer_id, lang="en", now=self.clock())
        )

    def list_facts(self, customer_id: CustomerId) -> Sequence[FactView]:
        """Every fact of a customer."""
        return self.database.read_now(
            lambda c: self.facts.list_facts(c, customer_id, now=self.clock())
        )

    def fact(
        self, customer_id: CustomerId, words: str = "Quiet appliances matter to me."
    ) -> FactView:
        """A fact, by way of every step."""
        view = self.volunteer(customer_id, words)
        assert view is not None
        self.show(customer_id, view)
        self.ask(customer_id, view)
        return self.confirm(customer_id, view, words)

    def use(self, customer_id: CustomerId, fact_id: str) -> None:
        """Record that a fact helped to answer."""
        use = Use("fact", fact_id, "stated_reasons", "answer_from_history", self.clock())
        self.write(lambda c: UseRepository().add_uses(c, customer_id, [use]))
