"""A hand-written stand-in for the requests of erasures behind the web layer."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.core.actor import CustomerActor
from assistant.core.erasure import ErasureState
from assistant.core.errors import NotFound
from assistant.core.ids import CustomerId, new_id
from assistant.profile.erasure.requests import ErasureScope, Requested
from assistant.web.own_erasures import ErasureView


@dataclass
class FakeErasures:
    """Requests by repeat key, and views by id and owner."""

    requests: list[tuple[CustomerId, ErasureScope, str | None]] = field(default_factory=list)
    views: dict[str, tuple[CustomerId, ErasureView]] = field(default_factory=dict)
    answers: dict[str, Requested] = field(default_factory=dict)
    fail_with: Exception | None = None

    async def find_repeated(self, repeat_key: str, scope: ErasureScope) -> Requested | None:
        return self.answers.get(repeat_key)

    async def request(
        self, actor: CustomerActor, scope: ErasureScope, *, repeat_key: str | None, issued_at: int
    ) -> Requested:
        if self.fail_with is not None:
            raise self.fail_with
        self.requests.append((actor.customer_id, scope, repeat_key))
        made = Requested(new_id(), f"era_{new_id()}", ErasureState.BLOCKED_FOR_USE)
        view = ErasureView(
            made.erasure_id,
            scope.kind,
            scope.target,
            made.state,
            (),
            overdue=False,
            problem=None,
            receipt=None,
        )
        self.views[made.erasure_id] = (actor.customer_id, view)
        self.answers[made.status_token] = made
        if repeat_key is not None:
            self.answers[repeat_key] = made
        return made

    async def list_own(
        self, actor: CustomerActor, *, after: str | None, limit: int
    ) -> Sequence[ErasureView]:
        own = [view for owner, view in self.views.values() if owner == actor.customer_id]
        older = [view for view in own if after is None or view.erasure_id < after]
        return sorted(older, key=lambda view: view.erasure_id, reverse=True)[:limit]

    async def get_own(self, actor: CustomerActor, erasure_id: str) -> ErasureView:
        owner, view = self.views.get(erasure_id, (None, None))
        if view is None or owner != actor.customer_id:
            raise NotFound("there is no such erasure")
        return view

    async def get_by_token(self, erasure_id: str, status_token: str) -> ErasureView:
        made = self.answers.get(status_token)
        if made is None or made.erasure_id != erasure_id:
            raise NotFound("there is no such erasure")
        return self.views[erasure_id][1]
