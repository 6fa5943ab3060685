"""A customer's own questions, facts and preferences, behind the port ``OwnFacts``."""

from collections.abc import Sequence
from typing import Protocol

from assistant.core.actor import CustomerActor
from assistant.core.clock import Clock
from assistant.profile.questions.fact_views import FactView
from assistant.profile.questions.facts import Facts
from assistant.profile.questions.proposals import Preference
from assistant.profile.questions.views import Proposal, QuestionView
from assistant.profile.questions.why_questions import WhyQuestions
from assistant.store.engine import Connection, Database
from assistant.store.facts import FactState
from assistant.web.problems import RequestProblem


class OwnFacts(Protocol):
    """What customers see and change of it; the steps of questions are ``QuestionSteps``."""

    async def list_questions(self, actor: CustomerActor, *, lang: str) -> Sequence[QuestionView]:
        """Return every question of the actor's, newest first."""
        ...

    async def volunteer(self, actor: CustomerActor, words: str, *, lang: str) -> QuestionView:
        """Offer words to be kept; nothing is, before the card was shown and they are confirmed."""
        ...

    async def list_facts(self, actor: CustomerActor) -> Sequence[FactView]:
        """Return every fact of the actor's, newest first."""
        ...

    async def change_fact(
        self, actor: CustomerActor, fact_id: str, *, words: str | None, state: FactState | None
    ) -> FactView:
        """Correct a fact, stop or resume its use; raises ``NotFound``."""
        ...

    async def preference(self, actor: CustomerActor) -> Preference:
        """Return whether the actor may be asked why."""
        ...

    async def set_preference(self, actor: CustomerActor, preference: Preference) -> None:
        """Take "never ask me why", or its opposite."""
        ...


class StoreOwnFacts:
    """Fulfils ``OwnFacts`` over the database, each call in one transaction."""

    def __init__(
        self, *, database: Database, questions: WhyQuestions, facts: Facts, clock: Clock
    ) -> None:
        """Take the parts of profile and store."""
        self._database = database
        self._questions = questions
        self._facts = facts
        self._clock = clock

    async def list_questions(self, actor: CustomerActor, *, lang: str) -> Sequence[QuestionView]:
        """See ``OwnFacts``."""
        now = self._clock()
        return await self._database.read(
            lambda c: self._questions.list_questions(c, actor.customer_id, lang=lang, now=now)
        )

    async def volunteer(self, actor: CustomerActor, words: str, *, lang: str) -> QuestionView:
        """See ``OwnFacts``."""
        proposal = Proposal("volunteered", self._clock(), lang, words=words)
        view = await self._database.write(
            lambda c: self._questions.propose(c, actor.customer_id, proposal)
        )
        if view is None:
            raise RequestProblem("not_available", "reasons are not kept where this service runs")
        return view

    async def list_facts(self, actor: CustomerActor) -> Sequence[FactView]:
        """See ``OwnFacts``."""
        now = self._clock()
        return await self._database.read(
            lambda c: self._facts.list_facts(c, actor.customer_id, now=now)
        )

    async def change_fact(
        self, actor: CustomerActor, fact_id: str, *, words: str | None, state: FactState | None
    ) -> FactView:
        """See ``OwnFacts``."""
        at, customer_id = self._clock(), actor.customer_id

        def work(connection: Connection) -> FactView:
            if words is not None:
                self._facts.correct(connection, customer_id, fact_id, words, at=at)
            if state is not None:
                self._facts.set_state(connection, customer_id, fact_id, state, now=at)
            return self._facts.get_fact(connection, customer_id, fact_id, now=at)

        return await self._database.write(work)

    async def preference(self, actor: CustomerActor) -> Preference:
        """See ``OwnFacts``."""
        return await self._database.read(lambda c: self._questions.preference(c, actor.customer_id))

    async def set_preference(self, actor: CustomerActor, preference: Preference) -> None:
        """See ``OwnFacts``."""
        at = self._clock()
        await self._database.write(
            lambda c: self._questions.set_preference(c, actor.customer_id, preference, at=at)
        )
