"""What the customer sees and decides: purposes, consent, their own history, who read it."""

from dataclasses import asdict

from aiohttp import web

from assistant.core.clock import to_rfc3339
from assistant.core.errors import NotFound
from assistant.core.events import HistoryEvent
from assistant.profile.consent.offers import PurposeOffer
from assistant.store.access_log import Access
from assistant.web.answers import caller_of, find_actor, get_actor, json_answer
from assistant.web.bodies import read_json, read_query
from assistant.web.keys import TOOLS
from assistant.web.languages import language_of
from assistant.web.privacy_signal import has_signal
from assistant.web.routes import Route
from assistant.web.schemas.me import (
    AccessLogBody,
    AccessQuery,
    DecisionRequest,
    HistoryBody,
    HistoryQuery,
    PurposeBody,
    PurposesBody,
    PurposesQuery,
)
from assistant.web.services import Decision

_GPC = {"Sec-GPC": "`1`: the Global Privacy Control signal, honoured as api.md says."}


async def list_purposes(request: web.Request) -> web.Response:
    """Return every purpose with its text, and the caller's decisions."""
    tools = request.config_dict[TOOLS]
    query = read_query(request, PurposesQuery)
    actor = await find_actor(request)
    gpc = has_signal(request)
    lang = language_of(request, query.lang)
    views = await tools.services.consents.view(actor, lang=lang, gpc=gpc)
    return json_answer({"purposes": [_purpose(view) for view in views], "gpc": gpc})


async def put_consent(request: web.Request) -> web.Response:
    """Record a decision and return the purpose as it now stands."""
    caller_of(request)  # refused before the body is read
    tools = request.config_dict[TOOLS]
    wanted = await read_json(request, DecisionRequest, limit=tools.services.limits.max_body)
    decision = Decision(
        purpose=request.match_info["purpose"],
        decision=wanted.decision,
        version=wanted.version,
        text_sha256=wanted.text_sha256,
        categories=None if wanted.categories is None else tuple(dict.fromkeys(wanted.categories)),
        gpc=has_signal(request),
        lang=language_of(request, wanted.lang),
    )
    if not decision.purpose.isprintable() or len(decision.purpose) > 64:
        raise NotFound("there is no such purpose")
    actor = await get_actor(request)
    return json_answer(_purpose(await tools.services.consents.decide(actor, decision)))


async def list_history(request: web.Request) -> web.Response:
    """Return a page of what is stored about the caller, newest first."""
    tools = request.config_dict[TOOLS]
    query = read_query(request, HistoryQuery)
    actor = await find_actor(request)
    if actor is None:
        return json_answer({"items": [], "cursor": None})
    items = await tools.services.records.list_history(
        actor, category=query.category, after=query.cursor, limit=query.limit + 1
    )
    page = items[: query.limit]
    return json_answer(
        {
            "items": [_history_item(item) for item in page],
            "cursor": page[-1].event_id if len(items) > query.limit else None,
        }
    )


async def list_access(request: web.Request) -> web.Response:
    """Return a page of who read what of the caller's, newest first."""
    tools = request.config_dict[TOOLS]
    query = read_query(request, AccessQuery)
    actor = await find_actor(request)
    if actor is None:
        return json_answer({"entries": [], "cursor": None})
    entries = await tools.services.records.list_access(
        actor, before=query.cursor, limit=query.limit + 1
    )
    page = entries[: query.limit]
    return json_answer(
        {
            "entries": [_access_entry(entry) for entry in page],
            "cursor": page[-1].entry_id if len(entries) > query.limit else None,
        }
    )


def _history_item(event: HistoryEvent) -> dict[str, object]:
    return {
        "id": event.event_id,
        "category": event.category,
        "type": event.type,
        "time": to_rfc3339(event.time),
        "label": event.rendering,
        "ref": event.ref,
        "data": event.data,
    }


def _access_entry(entry: Access) -> dict[str, object]:
    return {
        "id": entry.entry_id,
        "at": to_rfc3339(entry.at),
        "role": entry.role,
        "actor": entry.actor,
        "reading": entry.reading,
        "purpose": entry.purpose,
        "categories": sorted(entry.categories),
        "items": entry.items,
        "item_ids": entry.item_ids,
    }


def _purpose(offer: PurposeOffer) -> dict[str, object]:
    return {
        **asdict(offer),
        "categories": [
            {**asdict(c), "decided_at": c.decided_at and to_rfc3339(c.decided_at)}
            for c in offer.categories
        ],
    }


ROUTES = (
    Route(
        "GET",
        "/v1/me/purposes",
        list_purposes,
        summary="See what is asked for and why",
        tag="me",
        security="customer",
        query=PurposesQuery,
        headers=_GPC,
        response=PurposesBody,
        problems=("invalid_input", "not_authenticated", "too_many_requests"),
    ),
    Route(
        "PUT",
        "/v1/me/consents/{purpose}",
        put_consent,
        summary="Give, refuse or withdraw consent",
        tag="me",
        description=(
            "`given` echoes `version` and `text_sha256` of the text that was shown and is `stale` "
            "otherwise; `refused` and `withdrawn` need neither and are never refused. A decision "
            "works from the next read on, in turns under way too."
        ),
        security="customer",
        path_parameters={"purpose": "Id of the purpose."},
        headers=_GPC,
        request=DecisionRequest,
        response=PurposeBody,
        problems=(
            "invalid_input",
            "not_authenticated",
            "not_found",
            "stale",
            "payload_too_large",
            "unsupported_media_type",
            "too_many_requests",
            "overloaded",
        ),
    ),
    Route(
        "GET",
        "/v1/me/history",
        list_history,
        summary="See the history that is stored",
        tag="me",
        security="customer",
        query=HistoryQuery,
        response=HistoryBody,
        problems=("invalid_input", "not_authenticated", "too_many_requests"),
    ),
    Route(
        "GET",
        "/v1/me/access-log",
        list_access,
        summary="See who read what, and why",
        tag="me",
        security="customer",
        query=AccessQuery,
        response=AccessLogBody,
        problems=("invalid_input", "not_authenticated", "too_many_requests"),
    ),
)
