"""Joining a visit with an account over HTTP, behind the port ``VisitJoining``."""

from collections.abc import Callable
from typing import Protocol

from assistant.core.actor import CustomerActor
from assistant.core.clock import Clock
from assistant.core.ids import CustomerId
from assistant.profile.visitor_merge import JoinDecision, Joined, VisitorMerge
from assistant.store.engine import Database


class VisitJoining(Protocol):
    """Joins what was said before signing in with a customer's account."""

    async def decide(
        self, actor: CustomerActor, visitor_id: CustomerId, decision: JoinDecision
    ) -> Joined:
        """Record the decision and, if it is a yes, join; raises ``Stale`` and ``NotFound``."""
        ...


class StoreVisitJoining:
    """Fulfils ``VisitJoining`` over the database."""

    def __init__(
        self,
        *,
        database: Database,
        merge: VisitorMerge,
        clock: Clock,
        on_joined: Callable[[], None],
    ) -> None:
        """``on_joined`` is told when a visit was joined, so that its erasure goes on at once."""
        self._database = database
        self._merge = merge
        self._clock = clock
        self._on_joined = on_joined

    async def decide(
        self, actor: CustomerActor, visitor_id: CustomerId, decision: JoinDecision
    ) -> Joined:
        """Record the decision and, if it is a yes, join, all in one transaction."""
        joined = await self._database.write(
            lambda connection: self._merge.decide(
                connection, actor.customer_id, visitor_id, decision, at=self._clock()
            )
        )
        if joined.joined:
            self._on_joined()
        return joined
