"""The turns of one socket: taken in order, one at a time, each to its end."""

import asyncio
from collections.abc import Awaitable, Callable

from assistant.core.errors import AssistantError, CustomerErased, Overloaded
from assistant.dialogue.turns import Reply
from assistant.web.auth import Caller
from assistant.web.chat_outbox import NOT_AUTHENTICATED, Outbox
from assistant.web.in_flight import InFlight
from assistant.web.logs import get_log
from assistant.web.problems import problem_frame
from assistant.web.replies import Frame, reply_frame
from assistant.web.turns import Spoken, TurnTaker

_log = get_log("chat")


class TurnLane:
    """A bounded queue of turns. Those queued when the socket drops are still answered."""

    def __init__(
        self,
        *,
        taker: TurnTaker,
        outbox: Outbox,
        caller: Callable[[], Caller],
        follow: Callable[[str], Awaitable[None]],
        capacity: int,
    ) -> None:
        """``caller`` gives the present caller: a token may be renewed while turns wait.

        ``follow`` sends the purpose card that comes with a reply, given the id of its question.
        """
        self._follow = follow
        self._taker = taker
        self._outbox = outbox
        self._caller = caller
        self._waiting: asyncio.Queue[Spoken | None] = asyncio.Queue()
        self._capacity = capacity
        self._ending = False

    def begin(self, in_flight: InFlight) -> None:
        """Start taking turns; a shutdown waits for them."""
        in_flight.start(self._run())

    def add(self, spoken: Spoken) -> None:
        """Queue a turn and say so at once; raises ``Overloaded`` when too many wait."""
        if self._ending:
            raise Overloaded("the service is restarting", retry_after=2)
        if self._waiting.qsize() >= self._capacity:
            raise Overloaded("too many turns of this conversation are waiting", retry_after=1)
        self._outbox.send({"type": "typing", "turn_id": spoken.turn_id, "by": "assistant"})
        self._waiting.put_nowait(spoken)

    def finish(self) -> None:
        """End after the turns that wait."""
        self._ending = True
        self._waiting.put_nowait(None)

    async def _run(self) -> None:
        while (spoken := await self._waiting.get()) is not None:
            await self._answer(spoken)

    async def _answer(self, spoken: Spoken) -> None:
        try:
            reply = await self._taker.take(self._caller(), spoken)
        except AssistantError as error:
            self._tell(error, spoken.turn_id)
        except Exception:
            _log.exception("turn_failed")
            self._tell(AssistantError("the turn could not be answered"), spoken.turn_id)
        else:
            self._outbox.send(_delta(reply))
            self._outbox.send(reply_frame(reply))
            if reply.card is not None:
                await self._show_card(reply.card)

    async def _show_card(self, question_id: str) -> None:
        """Send the card after the reply; the reply stands whatever becomes of the card."""
        try:
            await self._follow(question_id)
        except AssistantError as error:
            self._outbox.send({**problem_frame(error), "question_id": question_id})
        except Exception:
            _log.exception("card_failed")

    def _tell(self, error: AssistantError, turn_id: str) -> None:
        self._outbox.send(problem_frame(error, turn_id=turn_id))
        if isinstance(error, CustomerErased):
            self._outbox.close(NOT_AUTHENTICATED, error.code)


def _delta(reply: Reply) -> Frame:
    """Return the whole text as one delta: the reply is all known, and each frame takes time."""
    citations = dict.fromkeys(c for sentence in reply.sentences for c in sentence.citations)
    return {
        "type": "reply.delta",
        "turn_id": reply.turn_id,
        "index": 0,
        "text": reply.text,
        "citations": tuple(citations),
    }
