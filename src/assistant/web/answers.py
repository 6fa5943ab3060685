"""Answers as JSON: one way to write them, never cached."""

from collections.abc import Mapping, Sequence

import orjson
from aiohttp import web
from pydantic import BaseModel

from assistant.core.actor import CustomerActor
from assistant.web.auth import Caller, bearer_of
from assistant.web.keys import TOOLS
from assistant.web.privacy_signal import heed_signal


def json_answer(
    content: BaseModel | Mapping[str, object] | Sequence[object],
    *,
    status: int = 200,
    content_type: str = "application/json",
) -> web.Response:
    """Return ``content`` as a JSON response."""
    value = content.model_dump(mode="json") if isinstance(content, BaseModel) else content
    return web.Response(body=orjson.dumps(value), status=status, content_type=content_type)


async def find_actor(request: web.Request) -> CustomerActor | None:
    """Return who calls, None for a customer who never wrote; counts against their rate.

    Asked anew each time: another process may have erased them a moment ago, and what is stored must
    not be shown for as long as this one remembers who they were.
    """
    tools = request.config_dict[TOOLS]
    actor = await tools.actors.find_anew(caller_of(request))
    if actor is not None:
        tools.request_rate.take(actor.customer_id)
    await heed_signal(request, actor)
    return actor


async def get_actor(request: web.Request) -> CustomerActor:
    """Return who calls, made now when new; counts against their rate."""
    tools = request.config_dict[TOOLS]
    actor = await tools.actors.get_anew(caller_of(request))
    tools.request_rate.take(actor.customer_id)
    await heed_signal(request, actor)
    return actor


def caller_of(request: web.Request) -> Caller:
    """Return who calls, by the bearer token; raises ``NotAuthenticated``."""
    token = bearer_of(request.headers.get("Authorization"))
    return request.config_dict[TOOLS].tokens.verify(token or "")
