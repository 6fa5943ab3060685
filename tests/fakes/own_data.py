"""Stand-ins for what shows customers their own data, kept in memory."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from assistant.core.actor import CustomerActor
from assistant.profile.transparency.items import DataPage
from assistant.profile.transparency.reciprocity import ReciprocityPage
from assistant.web.own_data import (
    DataRequest,
    data_answer,
    decode_cursor,
    reciprocity_answer,
)


@dataclass
class FakeOwnData:
    """Whatever was put there, and the requests that came."""

    page: DataPage = field(default_factory=lambda: DataPage((), None))
    requests: list[DataRequest] = field(default_factory=list)

    async def show(self, actor: CustomerActor, request: DataRequest) -> bytes:
        if request.cursor:
            decode_cursor(request.cursor)
        self.requests.append(request)
        linked_to = actor.customer_id if request.linked else None
        return data_answer(None, self.page, linked_to=linked_to)

    async def reciprocate(self, actor: CustomerActor, request: DataRequest) -> bytes:
        self.requests.append(request)
        return reciprocity_answer((), ReciprocityPage((), None))


@dataclass
class FakeOwnExports:
    """An archive of three pieces."""

    pieces: tuple[bytes, ...] = (b"PK", b"-", b"end")
    asked: list[CustomerActor] = field(default_factory=list)

    async def export(self, actor: CustomerActor, *, lang: str) -> AsyncGenerator[bytes]:
        self.asked.append(actor)

        async def stream() -> AsyncGenerator[bytes]:
            for piece in self.pieces:
                yield piece

        return stream()
