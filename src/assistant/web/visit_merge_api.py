"""Signing in after a visit: the card that is shown, and the customer's answer to it."""

from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field, StringConstraints

from assistant.core.errors import InvalidInput, NotAllowed
from assistant.core.ids import CustomerId
from assistant.profile.consent.visit_card import visit_card
from assistant.profile.visitor_merge import JoinDecision
from assistant.web.answers import caller_of, get_actor, json_answer
from assistant.web.auth import MAX_TOKEN, KnownCustomer, KnownVisitor
from assistant.web.bodies import read_json, read_query
from assistant.web.keys import TOOLS
from assistant.web.languages import language_of
from assistant.web.routes import Route
from assistant.web.schemas.base import Incoming, LanguageTag, Outgoing


class VisitCardQuery(Incoming):
    """Which language the card is shown in."""

    lang: LanguageTag | None = None


class VisitCardBody(Outgoing):
    """What to show before the customer decides; `version` and `text_sha256` are echoed."""

    purpose: str
    version: int
    lang: str
    title: str
    text: str
    text_sha256: str


class MergeRequest(Incoming):
    """The visit, by its token, and what the customer said to the card."""

    visitor_token: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TOKEN)]
    decision: Literal["given", "refused"]
    version: int | None = None
    text_sha256: Annotated[str, StringConstraints(max_length=256)] | None = None
    lang: LanguageTag | None = None


class MergeBody(Outgoing):
    """What came over; the same answer when it is asked again."""

    joined: bool
    conversations: int = Field(ge=0)
    turns: int = Field(ge=0)


async def show_card(request: web.Request) -> web.Response:
    """Return the card in the caller's language."""
    query = read_query(request, VisitCardQuery)
    card = visit_card(language_of(request, query.lang))
    return json_answer(
        VisitCardBody(
            purpose=card.purpose,
            version=card.version,
            lang=card.lang,
            title=card.title,
            text=card.text,
            text_sha256=card.text_sha256,
        )
    )


async def merge_visit(request: web.Request) -> web.Response:
    """Join a visit with the account of the customer who proves to be both."""
    caller = caller_of(request)  # refused before the body is read
    if not isinstance(caller, KnownCustomer):
        raise NotAllowed("sign in first: a visit joins a customer's account, not another visit")
    tools = request.config_dict[TOOLS]
    wanted = await read_json(request, MergeRequest, limit=tools.services.limits.max_body)
    visitor_id = _visitor_of(request, wanted.visitor_token)
    actor = await get_actor(request)
    joined = await tools.services.joining.decide(
        actor,
        visitor_id,
        JoinDecision(
            decision=wanted.decision,
            version=wanted.version,
            text_sha256=wanted.text_sha256,
            lang=language_of(request, wanted.lang),
        ),
    )
    return json_answer(
        MergeBody(joined=joined.joined, conversations=joined.conversations, turns=joined.turns)
    )


def _visitor_of(request: web.Request, token: str) -> CustomerId:
    visitor = request.config_dict[TOOLS].tokens.verify(token)
    if not isinstance(visitor, KnownVisitor):
        raise InvalidInput("`visitor_token` is not the token of a visitor")
    return visitor.customer_id


ROUTES = (
    Route(
        "GET",
        "/v1/visitors/merge",
        show_card,
        summary="See what joining a visit with an account means",
        tag="chat",
        query=VisitCardQuery,
        response=VisitCardBody,
        problems=("invalid_input",),
    ),
    Route(
        "POST",
        "/v1/visitors/merge",
        merge_visit,
        summary="Join a visit with the account, or refuse to",
        tag="chat",
        description=(
            "Takes both tokens: the customer's as `Authorization`, the visitor's in the body. "
            "`given` echoes `version` and `text_sha256` of the card and is `stale` otherwise. What "
            "was said comes under the account's key; consents do not; the visit is erased. Asking "
            "again gives the same answer."
        ),
        security="customer",
        request=MergeRequest,
        response=MergeBody,
        problems=(
            "invalid_input",
            "not_authenticated",
            "not_allowed",
            "not_found",
            "stale",
            "payload_too_large",
            "unsupported_media_type",
            "too_many_requests",
            "overloaded",
        ),
    ),
)
