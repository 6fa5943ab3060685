"""Stands in for the company's own backend in ``assistant demo``: hands out tokens on request.

Exists only where ``Services.demo_customers`` is filled, which ``assistant serve`` never does. With
it anybody who reaches the demo can act as any of its (fictional) customers.
"""

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import Field

from assistant.core.errors import ConfigurationError, NotFound
from assistant.web.answers import json_answer
from assistant.web.auth import MAX_LIFE
from assistant.web.bodies import read_json
from assistant.web.keys import TOOLS
from assistant.web.routes import Route
from assistant.web.schemas.base import Incoming, Outgoing


class DemoCustomerBody(Outgoing):
    """A customer of the demo."""

    id: str
    name: str
    story: str


class DemoCustomersBody(Outgoing):
    """Everybody one can act as."""

    customers: list[DemoCustomerBody]


class DemoTokenRequest(Incoming):
    """Whom to act as."""

    customer: str = Field(min_length=1, max_length=512)


class DemoTokenBody(Outgoing):
    """A token as the company's backend would sign it."""

    token: str


async def list_customers(request: web.Request) -> web.Response:
    """Return the customers of the demo."""
    known = request.config_dict[TOOLS].services.demo_customers
    return json_answer(
        {"customers": [{"id": c.external_id, "name": c.name, "story": c.story} for c in known]}
    )


async def issue_token(request: web.Request) -> web.Response:
    """Return a fresh token of one of them."""
    services = request.config_dict[TOOLS].services
    wanted = await read_json(request, DemoTokenRequest, limit=services.limits.max_body)
    if wanted.customer not in {customer.external_id for customer in services.demo_customers}:
        raise NotFound("the demo has no such customer")
    if services.identity.secret is None:
        raise ConfigurationError("the demo signs tokens with ASSISTANT_IDENTITY_SECRET")
    now = int(services.clock().timestamp())
    claims = {
        "sub": wanted.customer,
        "aud": services.identity.audience,
        "iat": now,
        "exp": now + MAX_LIFE,
    }
    if services.identity.issuer is not None:
        claims["iss"] = services.identity.issuer
    key = OctKey.import_key(services.identity.secret)
    return json_answer(DemoTokenBody(token=jwt.encode({"alg": "HS256"}, claims, key)))


ROUTES = (
    Route(
        "GET",
        "/demo/customers",
        list_customers,
        summary="The demo's customers",
        tag="demo",
        response=DemoCustomersBody,
    ),
    Route(
        "POST",
        "/demo/token",
        issue_token,
        summary="Act as a customer of the demo",
        tag="demo",
        request=DemoTokenRequest,
        response=DemoTokenBody,
        problems=("invalid_input", "not_found", "payload_too_large", "unsupported_media_type"),
    ),
)
