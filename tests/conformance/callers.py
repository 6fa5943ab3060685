"""Who may ask for somebody's rows: the right people, the wrong people, and nobody."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.customer import Customer
from conformance.service import Service
from conformance.target import Target
from conformance.tokens import sign_token
from tests.conformance.holdings import Holding

SAFE: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a token or without; ``authorised`` for their own rows only."""

    name: str
    token: str | None
    subject: str | None = None
    """Whose rows the token opens, where it opens any."""
    careful: bool = False
    """Only reads: whose rows must be there until the end."""


Forgery = Callable[[Target, str], str]

FORGERIES: Final[Mapping[str, Forgery]] = {
    "expired": lambda target, subject: sign_token(
        target, subject, iat=int(time.time()) - 700, exp=int(time.time()) - 200
    ),
    "another audience": lambda target, subject: sign_token(target, subject, aud="elsewhere"),
    "a visitor's audience": lambda target, subject: sign_token(
        target, subject, aud="assistant-visitor"
    ),
    "another secret": lambda target, subject: sign_token(target, subject, secret="y" * 40),
    "unsigned": lambda target, subject: sign_token(target, subject, algorithm="none"),
    "too long-lived": lambda target, subject: sign_token(
        target, subject, exp=int(time.time()) + 9_000
    ),
    "garbage": lambda target, subject: "garbage",
}
"""Tokens in the victim's name that let nobody in."""


class Callers:
    """Draws who sends the next request."""

    def __init__(
        self, service: Service, holdings: Sequence[Holding], chance: random.Random
    ) -> None:
        """Keep who exists; ``refresh`` brings the intruders."""
        self._service = service
        self._holdings = holdings
        self._chance = chance
        self._intruder: Customer | None = None
        self._visitor: str | None = None

    async def refresh(self) -> None:
        """Bring a new customer and a new visitor, each with a little of their own."""
        self._intruder = Customer(self._service)
        await self._intruder.order()
        await self._intruder.give("answer_from_history")
        answer = await self._service.ask("POST", "/v1/visitors", body={})
        self._visitor = answer.expect(200, 201).member("token")

    def draw(self, victim: Holding) -> Caller:
        """Return somebody who asks for rows of ``victim``."""
        kind = self._chance.choices(
            ("intruder", "other owner", "visitor", "forger", "nobody", "system"),
            weights=(40, 15, 15, 20, 5, 5),
        )[0]
        target = self._service.target
        match kind:
            case "intruder":
                assert self._intruder is not None
                return Caller(kind, self._intruder.token, self._intruder.subject)
            case "other owner":
                others = [each for each in self._holdings if each is not victim]
                other = self._chance.choice(others).customer
                return Caller(kind, other.token, other.subject, careful=True)
            case "visitor":
                return Caller(kind, self._visitor)
            case "forger":
                name = self._chance.choice(list(FORGERIES))
                return Caller(name, FORGERIES[name](target, victim.customer.subject))
            case "system":
                return Caller(kind, target.events_key)
            case _:
                return Caller(kind, None)
