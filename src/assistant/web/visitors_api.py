"""People without a token of the company: registered at their first message, forgotten in 30 days.

The renewal secret brings the same visitor back with a fresh token. It is not rotated: a lost answer
would lock its visitor out.
"""

from aiohttp import web
from pydantic import Field

from assistant.core.clock import to_rfc3339
from assistant.web.answers import json_answer
from assistant.web.bodies import JSON, parse, read_body, require_media_type
from assistant.web.keys import TOOLS
from assistant.web.routes import Route
from assistant.web.schemas.base import Incoming, Outgoing


class VisitorRequest(Incoming):
    """Empty for a new visitor."""

    renewal: str | None = Field(
        default=None, max_length=512, description="The secret of an earlier answer."
    )


class VisitorBody(Outgoing):
    """A token of ten minutes, and the secret that gets the next one."""

    token: str
    renewal: str
    expires_at: str
    renewal_expires_at: str


async def open_visit(request: web.Request) -> web.Response:
    """Register a visitor, or give a known one a fresh token."""
    tools = request.config_dict[TOOLS]
    tools.visitor_rate.take(request.remote or "unknown")
    content = await read_body(request, limit=tools.services.limits.max_body)
    wanted = VisitorRequest()
    if content:
        require_media_type(request, JSON)
        wanted = parse(VisitorRequest, content)
    if wanted.renewal is None:
        renewal = await tools.services.visitors.register()
    else:
        renewal = await tools.services.visitors.recognise(wanted.renewal)
    token, expires_at = tools.tokens.issue_for_visitor(renewal.customer_id)
    return json_answer(
        VisitorBody(
            token=token,
            renewal=renewal.secret,
            expires_at=to_rfc3339(expires_at),
            renewal_expires_at=to_rfc3339(renewal.expires_at),
        ),
        status=201 if wanted.renewal is None else 200,
    )


ROUTES = (
    Route(
        "POST",
        "/v1/visitors",
        open_visit,
        summary="Become a visitor, or come back as one",
        tag="chat",
        description=(
            "Call it at the first message, not before. Without a body: a new visitor (201). With "
            "`renewal`: the same visitor and a fresh token (200)."
        ),
        status=201,
        also=(200,),
        request=VisitorRequest,
        request_required=False,
        response=VisitorBody,
        problems=(
            "invalid_input",
            "not_authenticated",
            "payload_too_large",
            "too_many_requests",
            "unsupported_media_type",
        ),
    ),
)
