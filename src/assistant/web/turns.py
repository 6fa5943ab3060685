"""The way of every turn, from HTTP and socket alike, into the one use case and back."""

import re
from dataclasses import dataclass, field
from typing import Final

from assistant.core.actor import CustomerActor
from assistant.core.clock import Clock, to_epoch_ms
from assistant.core.errors import InvalidInput, NotAuthenticated, Overloaded, TextTooLong
from assistant.core.ids import ConversationId
from assistant.dialogue.turns import MAX_TEXT, Reply, Utterance
from assistant.web.actors import Actors
from assistant.web.auth import Caller
from assistant.web.in_flight import InFlight
from assistant.web.rate_limits import PerMinute
from assistant.web.services import TurnService

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What was said, checked at the edge."""

    turn_id: str = field(repr=False)
    text: str = field(repr=False)
    conversation: ConversationId | None
    lang: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTaker:
    """Holds what a turn needs before and after the use case: rate, identity, expiry, shutdown."""

    turns: TurnService
    actors: Actors
    rate: PerMinute
    in_flight: InFlight
    clock: Clock

    async def take(self, caller: Caller, spoken: Spoken) -> Reply:
        """Return the committed reply. Once begun, the turn ends even if the caller is gone."""
        self.require_unexpired(caller)
        if self.in_flight.draining:
            raise Overloaded("the service is restarting", retry_after=2)
        reply = await self.in_flight.complete(self._handle(caller, spoken))
        self.require_unexpired(caller)
        return reply

    async def _handle(self, caller: Caller, spoken: Spoken) -> Reply:
        actor = await self.actors.get(caller)
        self.rate.take(actor.customer_id)
        try:
            return await self._say(actor, spoken)
        except InvalidInput:
            raise
        except Exception:
            # An erasure may have come in between: then the caller is told so, or begins anew.
            current = await self.actors.get_anew(caller)
            if current.customer_id == actor.customer_id:
                raise
        return await self._say(current, spoken)

    async def _say(self, actor: CustomerActor, spoken: Spoken) -> Reply:
        return await self.turns.handle(
            Utterance(
                actor=actor,
                turn_id=spoken.turn_id,
                text=spoken.text,
                conversation=spoken.conversation,
                lang=spoken.lang,
            )
        )

    def require_unexpired(self, caller: Caller) -> None:
        """Raise ``NotAuthenticated`` when the token ended: nothing personal leaves after that."""
        if caller.expires_at <= to_epoch_ms(self.clock()):
            raise NotAuthenticated("the token has expired")


def clean_text(text: str) -> str:
    """Return ``text`` without control characters, which come with pasted text and mean nothing."""
    if len(text) > MAX_TEXT:
        raise TextTooLong(f"a turn has at most {MAX_TEXT} characters")
    cleaned = _CONTROLS.sub("", text)
    if not cleaned.strip():
        raise InvalidInput("the turn has no text")
    return cleaned
