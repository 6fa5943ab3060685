"""Why-questions on the chat socket: the card, the question, the exact words to be kept.

The same steps, rules and errors as over HTTP. A step is answered by the frame of what is next, so
a client that lost the line gets the same frame again.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from assistant.core.actor import CustomerActor, Role
from assistant.core.clock import to_rfc3339
from assistant.core.errors import AssistantError
from assistant.core.ids import ConversationId
from assistant.profile.questions.cards import CardShown
from assistant.profile.questions.fact_views import FactView
from assistant.profile.questions.states import QuestionState
from assistant.profile.questions.views import QuestionView
from assistant.web.bodies import validate
from assistant.web.chat_outbox import Outbox
from assistant.web.problems import problem_frame
from assistant.web.question_steps import QuestionSteps
from assistant.web.replies import Frame
from assistant.web.schemas.chat import CardShownFrame, QuestionFrame, QuestionWordsFrame

CHANNEL: Final = "chat"
_NEW: Final = frozenset({QuestionState.PROPOSED})
_OPEN: Final = frozenset({QuestionState.DISCLOSED, QuestionState.ASKED, QuestionState.ANSWERED})


@dataclass(frozen=True, slots=True)
class Listener:
    """How the client listens: its language, and whether its browser sends the privacy signal."""

    lang: str
    gpc: bool = False


class QuestionTalk:
    """The why-questions of one socket."""

    def __init__(
        self,
        *,
        steps: QuestionSteps,
        outbox: Outbox,
        actor: Callable[[], Awaitable[CustomerActor]],
        listener: Listener,
    ) -> None:
        """``actor`` gives the present caller, or raises when their token has ended."""
        self._steps = steps
        self._outbox = outbox
        self._actor = actor
        self._listener = listener
        self.handlers: Mapping[str, Callable[[object], Awaitable[None]]] = {
            "card.shown": self._shown,
            "answer": self._answer,
            "confirm": self._confirm,
            "decline": self._decline,
        }

    async def resume(self, actor: CustomerActor, conversation: ConversationId) -> None:
        """Send again what the conversation's open question waits for."""
        if actor.role is not Role.CUSTOMER:
            return
        view = await self._steps.find_open(actor, conversation, lang=self._listener.lang)
        if view is not None:
            self._send(next_frame(view))

    async def follow(self, question_id: str) -> None:
        """Send the card that comes with a reply, or whatever its question waits for by now."""
        actor = await self._actor()
        view = await self._steps.get(actor, question_id, lang=self._listener.lang)
        self._send(next_frame(view))

    async def _shown(self, frame: object) -> None:
        shown = validate(CardShownFrame, frame)
        card = CardShown(shown.version, shown.text_sha256, shown.lang, CHANNEL)
        await self._step(
            shown.question_id,
            lambda actor: self._steps.show(actor, shown.question_id, card),
        )

    async def _answer(self, frame: object) -> None:
        said = validate(QuestionWordsFrame, frame)
        lang = self._listener.lang
        await self._step(
            said.question_id,
            lambda actor: self._steps.answer(actor, said.question_id, said.text, lang=lang),
        )

    async def _confirm(self, frame: object) -> None:
        said = validate(QuestionWordsFrame, frame)
        gpc = self._listener.gpc
        try:
            actor = await self._actor()
            fact = await self._steps.confirm(
                actor, said.question_id, said.text, channel=CHANNEL, gpc=gpc
            )
        except AssistantError as error:
            self._refuse(error, said.question_id)
        else:
            self._send(stored_frame(fact))

    async def _decline(self, frame: object) -> None:
        declined = validate(QuestionFrame, frame)
        lang = self._listener.lang
        try:
            actor = await self._actor()
            await self._steps.decline(actor, declined.question_id, lang=lang)
        except AssistantError as error:
            self._refuse(error, declined.question_id)
        else:
            code = "question_declined"
            self._send({"type": "notice", "code": code, "question_id": declined.question_id})

    async def _step(
        self, question_id: str, step: Callable[[CustomerActor], Awaitable[QuestionView]]
    ) -> None:
        try:
            view = await step(await self._actor())
        except AssistantError as error:
            self._refuse(error, question_id)
        else:
            self._send(next_frame(view))

    def _refuse(self, error: AssistantError, question_id: str) -> None:
        self._send({**problem_frame(error), "question_id": question_id})

    def _send(self, frame: Frame | None) -> None:
        if frame is not None:
            self._outbox.send(frame)


def next_frame(view: QuestionView) -> Frame | None:
    """Return what the customer is to see next: card, question, or the words to be kept.

    None when the question is over.
    """
    if view.state in _NEW:
        return card_frame(view)
    if view.state not in _OPEN:
        return None
    return question_frame(view) if view.to_confirm is None else proposed_frame(view)


def card_frame(view: QuestionView) -> Frame:
    """Return the purpose card; of the question only what the customer said themselves."""
    card = view.card
    return {
        "type": "purpose_card",
        "question_id": view.question_id,
        "purpose": card.purpose,
        "version": card.version,
        "lang": card.lang,
        "title": card.title,
        "text": card.text,
        "text_sha256": card.text_sha256,
        "proposed": view.proposed_words if view.origin == "volunteered" else None,
        "guess": view.guess,
        "expires_at": to_rfc3339(view.expires_at),
    }


def question_frame(view: QuestionView) -> Frame:
    """Return the question, which has a text since its card was shown."""
    asked = view.question
    return {
        "type": "question",
        "question_id": view.question_id,
        "text": asked.text if asked else "",
        "kept_as_example": asked.kept_as_example if asked else "",
        "improves": asked.improves if asked else "",
        "choices": [choice.say for choice in asked.choices] if asked else [],
    }


def proposed_frame(view: QuestionView) -> Frame:
    """Return the exact words that would be kept; nothing is kept yet."""
    return {
        "type": "fact",
        "state": "proposed",
        "question_id": view.question_id,
        "text": view.to_confirm,
        "question": view.question.text if view.question else None,
        "guess": view.guess,
    }


def stored_frame(fact: FactView) -> Frame:
    """Return the fact as it is kept now."""
    return {
        "type": "fact",
        "state": "stored",
        "question_id": fact.question_id,
        "fact_id": fact.fact_id,
        "text": fact.statement,
        "expires_at": to_rfc3339(fact.expires_at),
    }
