"""Why-questions in memory: one customer's card, question and fact after another."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from assistant.core.actor import CustomerActor
from assistant.core.errors import CardNotShown, NotFound, QuestionClosed, QuestionNotAnswered, Stale
from assistant.core.ids import ConversationId, new_id
from assistant.profile.pack.question_catalogue import Choice, QuestionText
from assistant.profile.questions.cards import Card, CardShown
from assistant.profile.questions.fact_views import FactView, Provenance
from assistant.profile.questions.states import QuestionState
from assistant.profile.questions.views import QuestionView

CARD_TEXT = "Ask me why, and remember my answer\nOnly the sentence you confirm is kept."
CARD = Card(
    purpose="learn_why",
    version=1,
    lang="en",
    title="Ask me why, and remember my answer",
    text=CARD_TEXT,
    text_sha256=hashlib.sha256(CARD_TEXT.encode()).hexdigest(),
)
ASKED = QuestionText(
    text="Does it matter to you how loud an appliance is, and why?",
    kept_as_example="Quiet appliances matter to me.",
    improves="Advice names the noise level first.",
    choices=(Choice("Quiet matters", "Quiet appliances matter to me."),),
    lang="en",
    text_sha256="b" * 64,
)


@dataclass
class FakeQuestionSteps:
    """Fulfils ``web.question_steps.QuestionSteps``."""

    views: dict[str, tuple[str, QuestionView]] = field(default_factory=dict)
    facts: dict[str, FactView] = field(default_factory=dict)
    gpc: list[bool] = field(default_factory=list)

    def propose(
        self, customer_id: str, conversation: str | None = None, words: str | None = None
    ) -> QuestionView:
        """Put a question in front of a customer, as the dialogue would."""
        view = QuestionView(
            question_id=new_id(),
            state=QuestionState.PROPOSED,
            origin="catalogue" if words is None else "volunteered",
            guess=False,
            purpose=CARD.purpose,
            version=CARD.version,
            catalogue_question="noise" if words is None else None,
            conversation_id=conversation,
            card=CARD,
            question=None,
            proposed_words=words,
            to_confirm=None,
            fact_id=None,
            expires_at=datetime.now(UTC) + timedelta(days=1),
            steps=(),
        )
        self.views[view.question_id] = (customer_id, view)
        return view

    async def find_open(
        self, actor: CustomerActor, conversation: ConversationId, *, lang: str
    ) -> QuestionView | None:
        for owner, view in self.views.values():
            if owner == actor.customer_id and view.conversation_id == conversation:
                return view
        return None

    async def get(self, actor: CustomerActor, question_id: str, *, lang: str) -> QuestionView:
        owner, view = self.views.get(question_id, ("", None))
        if view is None or owner != actor.customer_id:
            raise NotFound("there is no such question")
        return view

    async def show(self, actor: CustomerActor, question_id: str, shown: CardShown) -> QuestionView:
        view = await self.get(actor, question_id, lang=shown.lang)
        if (shown.version, shown.text_sha256) != (CARD.version, CARD.text_sha256):
            raise Stale("the card has changed; show the present one")
        return self._keep(
            replace(
                view,
                state=QuestionState.ASKED,
                question=ASKED,
                to_confirm=view.proposed_words,
            )
        )

    async def answer(
        self, actor: CustomerActor, question_id: str, words: str, *, lang: str
    ) -> QuestionView:
        view = await self.get(actor, question_id, lang=lang)
        if view.state is QuestionState.PROPOSED:
            raise CardNotShown("show the card first")
        return self._keep(replace(view, state=QuestionState.ANSWERED, to_confirm=words))

    async def confirm(
        self, actor: CustomerActor, question_id: str, words: str, *, channel: str, gpc: bool
    ) -> FactView:
        view = await self.get(actor, question_id, lang="en")
        if view.state is QuestionState.PROPOSED:
            raise CardNotShown("show the card first")
        if view.to_confirm is None:
            raise QuestionNotAnswered("answer it first")
        self.gpc.append(gpc)
        self._keep(replace(view, state=QuestionState.STORED))
        fact = make_fact(question_id, words)
        self.facts[fact.fact_id] = fact
        return fact

    async def decline(self, actor: CustomerActor, question_id: str, *, lang: str) -> QuestionView:
        view = await self.get(actor, question_id, lang=lang)
        if view.state is QuestionState.STORED:
            raise QuestionClosed("it is kept already")
        return self._keep(replace(view, state=QuestionState.DECLINED))

    def _keep(self, view: QuestionView) -> QuestionView:
        owner, _ = self.views[view.question_id]
        self.views[view.question_id] = (owner, view)
        return view


def make_fact(question_id: str, words: str) -> FactView:
    now = datetime.now(UTC)
    return FactView(
        fact_id=new_id(),
        question_id=question_id,
        statement=words,
        category="stated_reasons",
        purpose=CARD.purpose,
        version=CARD.version,
        kind="confirmed",
        state="active",
        valid_from=now,
        expires_at=now + timedelta(days=500),
        provenance=Provenance(
            origin="catalogue",
            catalogue_question="noise",
            shown_at=now,
            asked_at=now,
            answered_at=now,
            confirmed_at=now,
            card_lang=CARD.lang,
            card_sha256=CARD.text_sha256,
            channel="chat",
        ),
        times_used=0,
        last_used_at=None,
    )
