"""Erasures over HTTP: the profile's requests and receipts behind the port ``OwnErasures``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from assistant.core.actor import CustomerActor
from assistant.core.clock import Clock
from assistant.core.erasure import ErasureState, Extent
from assistant.core.errors import NotFound
from assistant.core.events import JsonObject
from assistant.core.ids import CustomerId
from assistant.profile.erasure.receipts import ErasureReceipts
from assistant.profile.erasure.requests import Erasures, ErasureScope, Requested
from assistant.profile.erasure.states import Stage, is_overdue, stages
from assistant.store.engine import Database
from assistant.store.erasures import Erasure


@dataclass(frozen=True, slots=True)
class ErasureView:
    """One erasure as its customer sees it."""

    erasure_id: str
    scope: Extent
    target: str | None
    state: ErasureState
    stages: Sequence[Stage]
    overdue: bool
    problem: str | None
    receipt: JsonObject | None


class OwnErasures(Protocol):
    """A customer's own requests for erasure."""

    async def find_repeated(self, repeat_key: str, scope: ErasureScope) -> Requested | None:
        """Return the answer to the same request, also when its customer is gone."""
        ...

    async def request(
        self, actor: CustomerActor, scope: ErasureScope, *, repeat_key: str | None, issued_at: int
    ) -> Requested:
        """Erase; raises ``NotFound`` and ``InvalidInput`` for what is not there.

        ``issued_at`` is of the token that asks, in milliseconds since 1970.
        """
        ...

    async def list_own(
        self, actor: CustomerActor, *, after: str | None, limit: int
    ) -> Sequence[ErasureView]:
        """Return the customer's erasures, newest first."""
        ...

    async def get_own(self, actor: CustomerActor, erasure_id: str) -> ErasureView:
        """Return one of the customer's erasures; raises ``NotFound``."""
        ...

    async def get_by_token(self, erasure_id: str, status_token: str) -> ErasureView:
        """Return the erasure a status token was given for; raises ``NotFound``."""
        ...


class StoreErasures:
    """Fulfils ``OwnErasures`` over the database."""

    def __init__(
        self,
        *,
        database: Database,
        erasures: Erasures,
        receipts: ErasureReceipts,
        key_backups: timedelta,
        clock: Clock,
        on_requested: Callable[[CustomerId], None] = lambda customer_id: None,
    ) -> None:
        """Take the parts of the profile; ``on_requested`` is told whose memory must go."""
        self._database = database
        self._erasures = erasures
        self._receipts = receipts
        self._key_backups = key_backups
        self._clock = clock
        self._on_requested = on_requested

    async def find_repeated(self, repeat_key: str, scope: ErasureScope) -> Requested | None:
        """See ``OwnErasures``."""
        return await self._database.read(
            lambda c: self._erasures.find_repeated(c, repeat_key, scope)
        )

    async def request(
        self, actor: CustomerActor, scope: ErasureScope, *, repeat_key: str | None, issued_at: int
    ) -> Requested:
        """See ``OwnErasures``."""
        at = self._clock()
        issued = datetime.fromtimestamp(issued_at / 1000, at.tzinfo)
        requested = await self._database.write(
            lambda c: self._erasures.request(
                c, actor.customer_id, scope, at=at, repeat_key=repeat_key, not_before=issued
            )
        )
        self._on_requested(actor.customer_id)
        return requested

    async def list_own(
        self, actor: CustomerActor, *, after: str | None, limit: int
    ) -> Sequence[ErasureView]:
        """See ``OwnErasures``."""
        found = await self._database.read(
            lambda c: self._erasures.list_erasures(c, actor.customer_id, after=after, limit=limit)
        )
        return [self._view(erasure) for erasure in found]

    async def get_own(self, actor: CustomerActor, erasure_id: str) -> ErasureView:
        """See ``OwnErasures``."""
        return self._found(
            await self._database.read(
                lambda c: self._erasures.find_erasure(c, actor.customer_id, erasure_id)
            )
        )

    async def get_by_token(self, erasure_id: str, status_token: str) -> ErasureView:
        """See ``OwnErasures``."""
        return self._found(
            await self._database.read(
                lambda c: self._erasures.find_by_token(c, erasure_id, status_token)
            )
        )

    def _found(self, erasure: Erasure | None) -> ErasureView:
        if erasure is None:
            raise NotFound("there is no such erasure")
        return self._view(erasure)

    def _view(self, erasure: Erasure) -> ErasureView:
        return ErasureView(
            erasure_id=erasure.erasure_id,
            scope=erasure.scope,
            target=erasure.target,
            state=erasure.state,
            stages=stages(erasure, key_backups=self._key_backups),
            overdue=is_overdue(erasure, now=self._clock(), key_backups=self._key_backups),
            problem=erasure.problem,
            receipt=self._receipts.find_receipt(erasure),
        )
