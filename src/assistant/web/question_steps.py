"""The steps of why-questions for the socket, as the profile takes them, each in one transaction."""

from typing import Protocol

from assistant.core.actor import CustomerActor
from assistant.core.clock import Clock
from assistant.core.ids import ConversationId
from assistant.profile.questions.cards import CardShown
from assistant.profile.questions.fact_views import FactView
from assistant.profile.questions.views import Confirming, QuestionView
from assistant.profile.questions.why_questions import WhyQuestions
from assistant.store.engine import Connection, Database


class QuestionSteps(Protocol):
    """Takes the customer's steps; every one raises what ``WhyQuestions`` raises."""

    async def find_open(
        self, actor: CustomerActor, conversation: ConversationId, *, lang: str
    ) -> QuestionView | None:
        """Return the open question of a conversation, if there is one."""
        ...

    async def get(self, actor: CustomerActor, question_id: str, *, lang: str) -> QuestionView:
        """Return one question of the actor's."""
        ...

    async def show(self, actor: CustomerActor, question_id: str, shown: CardShown) -> QuestionView:
        """Note that the card was on the screen, and put the question."""
        ...

    async def answer(
        self, actor: CustomerActor, question_id: str, words: str, *, lang: str
    ) -> QuestionView:
        """Take an answer; the view carries the exact words that would be kept."""
        ...

    async def confirm(
        self, actor: CustomerActor, question_id: str, words: str, *, channel: str, gpc: bool
    ) -> FactView:
        """Keep exactly ``words``; ``channel`` is a word for where they were confirmed."""
        ...

    async def decline(self, actor: CustomerActor, question_id: str, *, lang: str) -> QuestionView:
        """Take "no thanks"."""
        ...


class StoreQuestionSteps:
    """The steps over the real store."""

    def __init__(self, *, database: Database, questions: WhyQuestions, clock: Clock) -> None:
        """Take the parts of profile and store."""
        self._database = database
        self._questions = questions
        self._clock = clock

    async def find_open(
        self, actor: CustomerActor, conversation: ConversationId, *, lang: str
    ) -> QuestionView | None:
        """Return the open question of a conversation, if there is one."""
        now = self._clock()
        return await self._database.read(
            lambda c: self._questions.find_open(
                c, actor.customer_id, conversation, lang=lang, now=now
            )
        )

    async def get(self, actor: CustomerActor, question_id: str, *, lang: str) -> QuestionView:
        """Return one question of the actor's."""
        now = self._clock()
        return await self._database.read(
            lambda c: self._questions.get_question(
                c, actor.customer_id, question_id, lang=lang, now=now
            )
        )

    async def show(self, actor: CustomerActor, question_id: str, shown: CardShown) -> QuestionView:
        """Note that the card was on the screen, and put the question."""
        at, customer_id = self._clock(), actor.customer_id

        def work(connection: Connection) -> QuestionView:
            self._questions.disclose(connection, customer_id, question_id, shown, at=at)
            return self._questions.ask(connection, customer_id, question_id, lang=shown.lang, at=at)

        return await self._database.write(work)

    async def answer(
        self, actor: CustomerActor, question_id: str, words: str, *, lang: str
    ) -> QuestionView:
        """Take an answer; the view carries the exact words that would be kept."""
        at = self._clock()
        return await self._database.write(
            lambda c: self._questions.answer(
                c, actor.customer_id, question_id, words, at=at, lang=lang
            )
        )

    async def confirm(
        self, actor: CustomerActor, question_id: str, words: str, *, channel: str, gpc: bool
    ) -> FactView:
        """Keep exactly ``words``."""
        confirming = Confirming(self._clock(), channel, beside_gpc=gpc)
        return await self._database.write(
            lambda c: self._questions.confirm(c, actor.customer_id, question_id, words, confirming)
        )

    async def decline(self, actor: CustomerActor, question_id: str, *, lang: str) -> QuestionView:
        """Take "no thanks"."""
        at = self._clock()
        return await self._database.write(
            lambda c: self._questions.decline(c, actor.customer_id, question_id, at=at, lang=lang)
        )
