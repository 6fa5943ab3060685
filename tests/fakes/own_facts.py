"""Facts, questions and preferences of whoever asks, kept in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tests.fakes.question_steps import CARD

from assistant.core.actor import CustomerActor
from assistant.core.errors import NotFound
from assistant.core.ids import new_id
from assistant.profile.questions.fact_views import FactView
from assistant.profile.questions.proposals import Preference
from assistant.profile.questions.statements import checked_words
from assistant.profile.questions.states import QuestionState, Step
from assistant.profile.questions.views import QuestionView
from assistant.store.facts import FactState


@dataclass
class FakeOwnFacts:
    """Fulfils ``web.own_facts.OwnFacts``; each customer's rows apart."""

    questions: dict[str, list[QuestionView]] = field(default_factory=dict)
    facts: dict[str, list[FactView]] = field(default_factory=dict)
    preferences: dict[str, Preference] = field(default_factory=dict)

    async def list_questions(self, actor: CustomerActor, *, lang: str) -> Sequence[QuestionView]:
        return self.questions.get(actor.customer_id, [])[::-1]

    async def volunteer(self, actor: CustomerActor, words: str, *, lang: str) -> QuestionView:
        now = datetime.now(UTC)
        view = QuestionView(
            question_id=new_id(),
            state=QuestionState.PROPOSED,
            origin="volunteered",
            guess=False,
            purpose=CARD.purpose,
            version=CARD.version,
            catalogue_question=None,
            conversation_id=None,
            card=CARD,
            question=None,
            proposed_words=checked_words(words),
            to_confirm=None,
            fact_id=None,
            expires_at=now + timedelta(days=1),
            steps=(Step(QuestionState.PROPOSED, now),),
        )
        self.questions.setdefault(actor.customer_id, []).append(view)
        return view

    async def list_facts(self, actor: CustomerActor) -> Sequence[FactView]:
        return self.facts.get(actor.customer_id, [])[::-1]

    async def change_fact(
        self, actor: CustomerActor, fact_id: str, *, words: str | None, state: FactState | None
    ) -> FactView:
        own = self.facts.get(actor.customer_id, [])
        for number, fact in enumerate(own):
            if fact.fact_id == fact_id:
                own[number] = replace(fact, state=state or fact.state)
                if words is not None:
                    kept = checked_words(words)
                    own[number] = replace(own[number], statement=kept, kind="corrected")
                return own[number]
        raise NotFound("there is no such fact")

    async def preference(self, actor: CustomerActor) -> Preference:
        return self.preferences.get(actor.customer_id, "ask")

    async def set_preference(self, actor: CustomerActor, preference: Preference) -> None:
        self.preferences[actor.customer_id] = preference
