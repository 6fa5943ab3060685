"""From a heard question and what may be known of its customer to a draft; on a thread of its own.

Searching and composing take a millisecond or more of pure computation, which would stall every
other customer on the event loop.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant.dialogue.answering import Draft, Withheld, compose, compose_small_talk
from assistant.dialogue.evidence import (
    NOT_WEIGHED,
    KnowledgeEvidence,
    Probability,
    Question,
    Weighed,
    find_in_history,
    find_in_knowledge,
    weigh,
)
from assistant.dialogue.example_vectors import NO_EXAMPLES, ExampleVectors, read_examples
from assistant.dialogue.history_access import PURPOSE, Opened
from assistant.dialogue.mood import is_upset
from assistant.dialogue.phrases import Phrases
from assistant.dialogue.policy import TurnState, decide
from assistant.dialogue.profile_requests import (
    ProfileRequest,
    match_confirmation,
    match_request,
)
from assistant.dialogue.question_timing import QuestionFinder, QuestionMoment, may_ask
from assistant.dialogue.record_choice import Choice
from assistant.dialogue.small_talk import (
    SmallTalk,
    SmallTalkExamples,
    example_texts,
    match_meaning,
)
from assistant.dialogue.told_facts import tell_fact
from assistant.dialogue.turns import Sentence
from assistant.dialogue.understanding import Understanding
from assistant.dialogue.volunteered_reasons import VolunteeredReason, find_reason
from assistant.profile.pack.loading import Pack
from assistant.profile.questions.choice import Situation
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.knowledge_search import KnowledgeSearch
from assistant.retrieval.knowledge_store import KnowledgeStore

T = TypeVar("T")

_NO_VECTOR = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True)
class Heard:
    """A question as it was heard: its words, its moment, what was understood, its vectors.

    ``weighed`` is what ``Responder.weigh`` found in its words while the vectors were computed.
    """

    text: str
    now: datetime
    asked: Understanding
    vector: NDArray[np.float32] = field(default_factory=lambda: _NO_VECTOR)
    previous_vector: NDArray[np.float32] | None = None
    weighed: Weighed = NOT_WEIGHED
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Examples:
    """What people say, a few wordings of each kind, encoded once at start."""

    small_talk: SmallTalkExamples
    requests: ExampleVectors = NO_EXAMPLES
    reasons: ExampleVectors = NO_EXAMPLES


def encode_examples(encode: Callable[[Sequence[str]], Vectors]) -> Examples:
    """Return every example with its vector."""
    kinds, texts = example_texts()
    return Examples(
        SmallTalkExamples(kinds, encode(texts)),
        *(
            ExampleVectors(named, encode(said))
            for named, said in map(read_examples, ("profile_requests", "volunteered_reasons"))
        ),
    )


class Responder:
    """Finds evidence, lets the policy decide, and composes."""

    def __init__(
        self,
        *,
        pack: Pack,
        phrases: Phrases,
        knowledge: KnowledgeStore,
        probability: Probability,
        threshold: float,
        examples: Examples,
    ) -> None:
        self._pack = pack
        self._phrases = phrases
        self._knowledge = knowledge
        self._probability = probability
        self._threshold = threshold
        self._examples = examples
        self._questions = QuestionFinder(pack.questions)
        self._search: KnowledgeSearch | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="respond")

    async def weigh(self, heard: Heard, opened: Opened) -> Weighed:
        """Do what needs only the words of a question; the encoding takes longer anyway."""
        if heard.asked.small_talk:
            return NOT_WEIGHED
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._weigh_now, heard, opened)

    async def respond(
        self, heard: Heard, opened: Opened, then: Callable[[Draft], T]
    ) -> tuple[Draft, T]:
        """Return the draft of a reply; the same for the same question and evidence.

        ``then`` is called with it at once on the same thread, so that what follows can begin
        before the event loop has come round.
        """

        def work() -> tuple[Draft, T]:
            draft = self.respond_now(heard, opened)
            return draft, then(draft)

        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def respond_now(self, heard: Heard, opened: Opened) -> Draft:
        """Do the same on this thread."""
        request = self._request(heard, opened)
        if request is not None:
            return Draft("chatting", (), request=request, because=f"asked: {request.kind}")
        said = heard.asked.small_talk
        if said is None and not opened.history:
            said = match_meaning(heard.text, heard.vector, self._examples.small_talk)
        if said is not None:
            return compose_small_talk(_in_context(said, opened), self._phrases)
        draft = self._with_degraded(self._answer(heard, opened))
        return self._followed_up(draft, heard, opened)

    def ai_disclosure(self) -> str:
        """Return what is said at the first turn: that this is an AI."""
        return self._phrases.say("ai_disclosure")

    def close(self) -> None:
        """Finish what is running."""
        self._thread.shutdown(wait=True)

    def _request(self, heard: Heard, opened: Opened) -> ProfileRequest | None:
        """Return what is asked of the customer's own data, a yes to its deletion first."""
        if opened.pending is not None:
            confirmed = match_confirmation(heard.text, opened.pending)
            if confirmed is not None:
                return confirmed
        if heard.asked.small_talk:
            return None
        return match_request(heard.text, heard.vector, self._examples.requests)

    def _answer(self, heard: Heard, opened: Opened) -> Draft:
        question = _question(heard, opened)
        knowledge = self._find_knowledge(question)
        history = opened.history
        choice = find_in_history(question, history.view) if history else Choice()
        decision = decide(self._state(question, opened, knowledge, choice))
        return compose(decision, question, knowledge, choice, self._withheld(opened), self._phrases)

    def _followed_up(self, draft: Draft, heard: Heard, opened: Opened) -> Draft:
        """Return the draft with the fact that fits, and with what may be asked after it."""
        if opened.facts is not None:
            draft = tell_fact(draft, heard.text, opened.facts, self._phrases)
        upset = is_upset((heard.text, *opened.earlier_texts))
        reason = None
        if not upset:
            reason = find_reason(heard.text, heard.vector, self._examples.reasons)
        if reason is not None and (draft.state == "abstained" or _asks_nothing(reason, draft)):
            draft = compose_small_talk("reason_heard", self._phrases)
        moment = QuestionMoment(
            signed_in=opened.access != "not_signed_in",
            state=draft.state,
            upset=upset,
            withheld=bool(draft.withheld),
            open_offers=sum(action.kind in {"choose", "consent"} for action in draft.actions),
            person_asked=opened.asked_person,
            asked_before=opened.asked_why,
            degraded=self._knowledge.degraded,
            volunteered=reason is not None,
        )
        if not may_ask(moment).ask:
            return draft
        situation = Situation(text=heard.text, lang=heard.lang or "en")
        words = reason.words if reason else None
        return replace(draft, proposed=self._questions.find(situation, words, opened.asked_before))

    def _weigh_now(self, heard: Heard, opened: Opened) -> Weighed:
        view = opened.history.view if opened.history else None
        return weigh(heard.text, heard.now, self._current_search(), view)

    def _find_knowledge(self, question: Question) -> KnowledgeEvidence | None:
        search = self._current_search()
        return find_in_knowledge(question, search, self._probability) if search else None

    def _current_search(self) -> KnowledgeSearch | None:
        index, search = self._knowledge.current(), self._search
        if index is None or not index.passages:
            return None
        if search is None or search.index is not index:
            search = self._search = KnowledgeSearch(index=index)
        return search

    def _state(
        self,
        question: Question,
        opened: Opened,
        knowledge: KnowledgeEvidence | None,
        choice: Choice,
    ) -> TurnState:
        return TurnState(
            asked=question.asked,
            access=opened.access,
            records=len(choice.hits),
            clear=choice.clear,
            withheld=bool(opened.withheld),
            history_empty=opened.history is not None and not opened.history.events,
            beside=choice.beside is not None,
            none_in_time=bool(choice.not_in),
            knowledge=knowledge.probability if knowledge else 0.0,
            threshold=self._threshold,
        )

    def _withheld(self, opened: Opened) -> Withheld:
        labels = tuple(
            self._phrases.find(f"category_{name}") or self._pack.categories[name].label("en")
            for name in opened.withheld
        )
        return Withheld(PURPOSE, opened.withheld, labels)

    def _with_degraded(self, draft: Draft) -> Draft:
        if not self._knowledge.degraded:
            return draft
        notice = Sentence(self._phrases.say("degraded"))
        return replace(draft, sentences=(*draft.sentences, notice))


def _in_context(said: SmallTalk, opened: Opened) -> str:
    """Return what to reply to: a yes to "shall I get a person" asks for one, a second time again.

    A yes is never taken for consent.
    """
    if said == "agreed" and opened.offered_person:
        return "handoff"
    return "handoff_again" if said == "handoff" and opened.asked_person else said


def _asks_nothing(reason: VolunteeredReason, draft: Draft) -> bool:
    """Whether nothing but a reason was said, and no record of the customer's own came up.

    What broke or is hard to handle may be mended, so an article about it is still told.
    """
    return reason.is_all and reason.kind not in {"quality", "handling"} and not draft.used


def _question(heard: Heard, opened: Opened) -> Question:
    return Question(
        text=heard.text,
        vector=heard.vector,
        asked=heard.asked,
        now=heard.now,
        previous_text=opened.previous_text,
        previous_vector=heard.previous_vector,
        said_before=opened.said_before,
        weighed=heard.weighed,
    )
