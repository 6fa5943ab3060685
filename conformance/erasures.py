"""Asking for an erasure and watching it, as a customer and as somebody who has only its token."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from conformance.checks import require
from conformance.customer import Customer
from conformance.service import Answer, Json, Service

STATES: Final = (
    "REQUESTED",
    "BLOCKED_FOR_USE",
    "KEY_DESTROYED",
    "ROWS_PURGED",
    "PHYSICALLY_VERIFIED",
    "BACKUP_FINAL",
)
VERIFIED: Final = STATES[:5]
"""What must have happened soon; the last state waits until the backups have run out."""


@dataclass(frozen=True, slots=True)
class Erasing:
    """An erasure that was accepted, and the token that shows how far it came."""

    service: Service
    id: str
    status_token: str = field(repr=False)

    @classmethod
    async def request(cls, customer: Customer, scope: str, **members: object) -> "Erasing":
        """Ask for an erasure.

        Raises:
            Unexpected: it was not answered 202.
        """
        body = {"scope": scope, **members}
        answer = (await customer.ask("POST", "/v1/me/erasures", body)).expect(202)
        return cls(customer.service, answer.member("id"), answer.member("status_token"))

    async def ask(self, token: str | None = None) -> Answer:
        """Ask how far it came, by its own token or another one."""
        return await self.service.ask(
            "GET", f"/v1/me/erasures/{self.id}", token=token or self.status_token
        )

    async def verified(self) -> Json:
        """Wait until it was verified and return what it then says of itself.

        Raises:
            Broken: it never was.
        """

        async def look() -> Json | None:
            status = (await self.ask()).expect(200).json
            return status if set(VERIFIED) <= set(reached(status)) else None

        status = await self.service.wait_until(look)
        if status is None:
            status = (await self.ask()).expect(200).json
        require(set(VERIFIED) <= set(reached(status)), f"it stays in {status['state']}")
        return status


def reached(status: Json) -> Sequence[str]:
    """Return the states that have happened, in the order they are listed."""
    return [each["state"] for each in status["states"] if each["at"]]


async def until_next_second() -> None:
    """Wait until tokens and events made now carry a later second than any made before."""
    await asyncio.sleep(1.02 - time.time() % 1)
