"""One open chat socket after its ``hello``: frames in, frames out, token, turns.

Whatever a client sends, it gets a frame back: what is asked for, or a ``problem`` that says why
not. Reading never waits for a turn, so tokens can be renewed and a person asked for meanwhile.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from assistant.core.actor import CustomerActor
from assistant.core.clock import to_epoch_ms
from assistant.core.errors import AssistantError, InvalidInput, NotAllowed
from assistant.core.ids import ConversationId
from assistant.web.auth import Caller, KnownCustomer
from assistant.web.bodies import load_json, validate
from assistant.web.chat_lane import TurnLane
from assistant.web.chat_outbox import Outbox
from assistant.web.logs import get_log
from assistant.web.problems import RequestProblem, problem_frame
from assistant.web.question_frames import Listener, QuestionTalk
from assistant.web.schemas.chat import FeedbackRequest, HandoffFrame, TokenFrame, TurnFrame
from assistant.web.services import Services
from assistant.web.token_watch import TokenWatch
from assistant.web.toolbox import Toolbox
from assistant.web.turns import Spoken, clean_text

LATER_FRAMES: Final = frozenset({"act"})
"""Frames of the protocol that nothing behind the socket answers yet."""

TOKEN_EXPIRED: Final = 4401
TOO_MUCH_NONSENSE: Final = 1008

_log = get_log("chat")


class ChatSession:
    """The conversation of one caller over one socket."""

    def __init__(
        self,
        *,
        tools: Toolbox,
        outbox: Outbox,
        caller: Caller,
        conversation: ConversationId,
        listener: Listener,
    ) -> None:
        """Take over from the handshake; ``start`` begins the turns."""
        self._tools = tools
        self._services: Services = tools.services
        self._outbox = outbox
        self._caller = caller
        self._conversation = conversation
        self._malformed = 0
        self._questions = QuestionTalk(
            steps=self._services.question_steps, outbox=outbox, actor=self._actor, listener=listener
        )
        self._lane = TurnLane(
            taker=tools.taker,
            outbox=outbox,
            caller=lambda: self._caller,
            follow=self._questions.follow,
            capacity=self._services.limits.waiting_turns,
        )
        self._watch = TokenWatch(
            clock=self._services.clock, warn=self._warn_of_expiry, expire=self._expire
        )
        self._handlers: Mapping[str, Callable[[object], Awaitable[None]]] = {
            "turn": self._turn,
            "token": self._token,
            "feedback": self._feedback,
            "handoff": self._handoff,
            "ping": self._ping,
            **self._questions.handlers,
        }

    @property
    def caller(self) -> Caller:
        """Who is at the other end, by the present token."""
        return self._caller

    def start(self) -> None:
        """Begin to take turns and to watch the token."""
        self._lane.begin(self._tools.in_flight)
        self._watch.start(self._caller.expires_at)

    async def resume_question(self, actor: CustomerActor) -> None:
        """Send again the card or question that still waits in this conversation."""
        await self._questions.resume(actor, self._conversation)

    def may_send_personal(self) -> bool:
        """Whether the token still lives."""
        return self._caller.expires_at > to_epoch_ms(self._services.clock())

    def stop(self) -> None:
        """Take no further turns; those that wait are still answered and stored."""
        self._watch.stop()
        self._lane.finish()

    async def receive(self, content: bytes) -> None:
        """Act on one frame; never raises for what a client sent."""
        try:
            await self._dispatch(content)
        except AssistantError as error:
            self._refuse(error)
        except Exception:
            _log.exception("frame_failed")
            self._refuse(AssistantError("the frame could not be handled"))

    def refuse_frame(self, error: AssistantError) -> None:
        """Answer a frame that could not even be read."""
        self._tools.metrics.count_frame("malformed")
        self._refuse(error)

    def _refuse(self, error: AssistantError) -> None:
        self._tools.metrics.count_problem(error.code)
        self._outbox.send(problem_frame(error))
        self._malformed += 1
        if self._malformed >= self._services.limits.malformed_frames:
            self._outbox.close(TOO_MUCH_NONSENSE, "too many frames that cannot be answered")

    async def _dispatch(self, content: bytes) -> None:
        frame = load_frame(content)
        kind = frame.get("type")
        kind = kind if isinstance(kind, str) else ""
        handler = self._handlers.get(kind)
        known = handler is not None or kind in LATER_FRAMES
        self._tools.metrics.count_frame(kind if known else "malformed")
        if handler is not None:
            await handler(frame)
        elif kind in LATER_FRAMES:
            raise RequestProblem("not_available", "nothing here answers this frame yet")
        elif kind == "hello":
            raise InvalidInput("this socket has had its hello; send turn, token, …")
        else:
            raise InvalidInput("a frame needs a `type` that `/docs` lists")

    async def _turn(self, frame: object) -> None:
        turn = validate(TurnFrame, frame)
        try:
            spoken = Spoken(
                turn_id=turn.turn_id,
                text=clean_text(turn.text),
                conversation=self._conversation,
                lang=turn.lang,
            )
            self._lane.add(spoken)
        except AssistantError as error:
            self._tools.metrics.count_problem(error.code)
            self._outbox.send(problem_frame(error, turn_id=turn.turn_id))

    async def _token(self, frame: object) -> None:
        caller = self._tools.tokens.verify(validate(TokenFrame, frame).token)
        if not _is_same_person(caller, self._caller):
            raise NotAllowed("this token is another person's; open another socket for them")
        self._caller = caller
        self._watch.start(caller.expires_at)
        self._outbox.send({"type": "notice", "code": "token_renewed"})

    async def _feedback(self, frame: object) -> None:
        feedback = validate(FeedbackRequest, frame)
        actor = await self._actor()
        await self._services.turns.give_feedback(actor, feedback.turn_id, helped=feedback.helped)
        self._outbox.send({"type": "notice", "code": "feedback_noted", "turn_id": feedback.turn_id})

    async def _handoff(self, frame: object) -> None:
        request = validate(HandoffFrame, frame)
        actor = await self._actor()
        await self._services.turns.request_handoff(actor, self._conversation, request.reason)
        self._outbox.send(
            {"type": "notice", "code": "handoff_requested", "conversation": self._conversation}
        )

    async def _ping(self, frame: object) -> None:
        del frame
        self._outbox.send({"type": "pong"})

    async def _actor(self) -> CustomerActor:
        self._tools.taker.require_unexpired(self._caller)
        actor = await self._tools.actors.get(self._caller)
        self._tools.request_rate.take(actor.customer_id)
        return actor

    def _warn_of_expiry(self, seconds: float) -> None:
        self._outbox.send(
            {"type": "notice", "code": "token_expiring", "expires_in": round(seconds)}
        )

    def _expire(self) -> None:
        self._outbox.close(TOKEN_EXPIRED, "the token has expired")


def load_frame(content: bytes) -> Mapping[str, object]:
    """Return a frame as a JSON object; raises ``InvalidInput``."""
    frame = load_json(content)
    if not isinstance(frame, dict):
        raise InvalidInput("a frame is a JSON object")
    return frame


def _is_same_person(one: Caller, other: Caller) -> bool:
    if isinstance(one, KnownCustomer):
        return isinstance(other, KnownCustomer) and one.subject == other.subject
    return not isinstance(other, KnownCustomer) and one.customer_id == other.customer_id
