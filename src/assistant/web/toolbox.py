"""What ``build_app`` makes out of ``Services`` once, and every handler shares."""

from dataclasses import dataclass, field
from typing import Protocol

from assistant.web.actors import Actors
from assistant.web.auth import ApiKeys, Tokens
from assistant.web.in_flight import InFlight
from assistant.web.metrics import Metrics
from assistant.web.rate_limits import PerMinute
from assistant.web.services import Services
from assistant.web.turns import TurnTaker


class OpenSocket(Protocol):
    """A chat socket as the shutdown sees it."""

    def stop(self) -> None:
        """Take no further turns."""
        ...

    def leave(self) -> None:
        """Tell the client that this process goes away."""
        ...

    async def look_again(self) -> None:
        """Close the socket if everything of its customer was erased."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """Verified once at start: a wrong key or setting fails there, not at the first customer."""

    services: Services
    tokens: Tokens
    events_keys: ApiKeys
    actors: Actors
    taker: TurnTaker
    in_flight: InFlight
    visitor_rate: PerMinute
    request_rate: PerMinute
    sockets: set[OpenSocket] = field(default_factory=set)

    @property
    def metrics(self) -> Metrics:
        """Return the counters of this service."""
        return self.services.metrics

    @classmethod
    def of(cls, services: Services) -> "Toolbox":
        """Build every part from the services."""
        in_flight = InFlight()
        actors = Actors(services.customers, services.visitors)
        limits = services.limits
        return cls(
            services=services,
            tokens=Tokens(config=services.identity, clock=services.clock),
            events_keys=ApiKeys(services.identity.events_api_keys, scope="events:write"),
            actors=actors,
            taker=TurnTaker(
                turns=services.turns,
                actors=actors,
                rate=PerMinute(allowed=limits.turns_per_minute, what="turns"),
                in_flight=in_flight,
                clock=services.clock,
            ),
            in_flight=in_flight,
            visitor_rate=PerMinute(allowed=limits.visitors_per_minute, what="new visitors"),
            request_rate=PerMinute(allowed=limits.requests_per_minute, what="requests"),
        )
