"""Erasures: ask for one, see how far it is, and keep its receipt, also when the customer is gone.

What a request covers is out of use when it is answered. The status token travels in a header only;
it shows states and counts, nothing of what was erased.
"""

from typing import Final

from aiohttp import web

from assistant.core.actor import CustomerActor
from assistant.core.clock import to_rfc3339
from assistant.core.errors import InvalidInput, NotAuthenticated, NotFound
from assistant.profile.erasure.requests import ErasureScope, Requested
from assistant.web.answers import caller_of, find_actor, get_actor, json_answer
from assistant.web.auth import Caller, KnownCustomer, bearer_of
from assistant.web.bodies import read_json, read_query
from assistant.web.keys import TOOLS
from assistant.web.own_erasures import ErasureView
from assistant.web.routes import Route
from assistant.web.schemas.erasures import (
    ErasureBody,
    ErasureQuery,
    ErasureRequest,
    ErasuresBody,
    HistoryDeletion,
    RequestedBody,
)

STATUS_HEADER: Final = "Erasure-Status"
_STATUS: Final = "era_"
"""Begins every status token, and no token of a customer."""
_TARGETS: Final = {"item": "id", "conversation": "id", "category": "category"}
_MAX_KEY: Final = 128


async def request_erasure(request: web.Request) -> web.Response:
    """Erase what the body names."""
    caller_of(request)  # refused before the body is read
    limit = request.config_dict[TOOLS].services.limits.max_body
    return await _erase(request, _scope_of(await read_json(request, ErasureRequest, limit=limit)))


async def delete_item(request: web.Request) -> web.Response:
    """Erase one item of the history."""
    return await _erase(request, ErasureScope("item", request.match_info["id"]))


async def delete_category(request: web.Request) -> web.Response:
    """Erase one category of the history."""
    wanted = read_query(request, HistoryDeletion)
    return await _erase(request, ErasureScope("category", wanted.category))


async def list_erasures(request: web.Request) -> web.Response:
    """Return a page of the caller's erasures, newest first."""
    tools = request.config_dict[TOOLS]
    query = read_query(request, ErasureQuery)
    actor = await find_actor(request)
    if actor is None:
        return json_answer({"items": [], "cursor": None})
    found = await tools.services.erasures.list_own(actor, after=query.cursor, limit=query.limit + 1)
    page = found[: query.limit]
    return json_answer(
        {
            "items": [_body(view) for view in page],
            "cursor": page[-1].erasure_id if len(found) > query.limit else None,
        }
    )


async def get_erasure(request: web.Request) -> web.Response:
    """Return one erasure, to its customer or to whoever holds its status token."""
    tools = request.config_dict[TOOLS]
    erasure_id = request.match_info["id"]
    token = _status_token(request)
    if token is not None:
        tools.request_rate.take(f"erasure status, {request.remote}")
        return json_answer(_body(await tools.services.erasures.get_by_token(erasure_id, token)))
    actor = await find_actor(request)
    if actor is None:
        raise NotAuthenticated("send the token of the customer, or the status token")
    return json_answer(_body(await tools.services.erasures.get_own(actor, erasure_id)))


async def _erase(request: web.Request, scope: ErasureScope) -> web.Response:
    tools = request.config_dict[TOOLS]
    caller = caller_of(request)
    repeat_key = _repeat_key(request, caller)
    if repeat_key is not None:
        known = await tools.services.erasures.find_repeated(repeat_key, scope)
        if known is not None:
            return _requested(known, scope)
    actor = await _actor_of(request, scope)
    requested = await tools.in_flight.complete(
        tools.services.erasures.request(
            actor, scope, repeat_key=repeat_key, issued_at=caller.issued_at
        )
    )
    return _requested(requested, scope)


async def _actor_of(request: web.Request, scope: ErasureScope) -> CustomerActor:
    """Return who asks; somebody who never wrote has no item, but may have been known elsewhere."""
    if scope.kind in {"all_data", "everything"}:
        return await get_actor(request)
    actor = await find_actor(request)
    if actor is None:
        raise NotFound("nothing is stored that could be erased")
    return actor


def _scope_of(wanted: ErasureRequest) -> ErasureScope:
    named = {"id": wanted.id, "category": wanted.category}
    member = _TARGETS.get(wanted.scope)
    superfluous = [name for name, value in named.items() if value and name != member]
    if superfluous:
        raise InvalidInput(f"`{superfluous[0]}` does not go with the scope {wanted.scope}")
    if member is not None and named[member] is None:
        raise InvalidInput(f"the scope {wanted.scope} needs `{member}`")
    return ErasureScope(wanted.scope, named[member] if member else None)


def _repeat_key(request: web.Request, caller: Caller) -> str | None:
    """Return what makes a request the same one: who asks, and the key they chose."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not key or len(key) > _MAX_KEY or not key.isprintable():
        raise InvalidInput(f"`Idempotency-Key` has at most {_MAX_KEY} printable characters")
    if isinstance(caller, KnownCustomer):
        return f"customer\0{caller.subject}\0{key}"
    return f"visitor\0{caller.customer_id}\0{key}"


def _status_token(request: web.Request) -> str | None:
    token = request.headers.get(STATUS_HEADER) or bearer_of(request.headers.get("Authorization"))
    return token if token is not None and token.startswith(_STATUS) else None


def _requested(requested: Requested, scope: ErasureScope) -> web.Response:
    return json_answer(
        RequestedBody(
            id=requested.erasure_id,
            status_token=requested.status_token,
            scope=scope.kind,
            state=requested.state.value,
        ),
        status=202,
    )


def _body(view: ErasureView) -> dict[str, object]:
    return {
        "id": view.erasure_id,
        "scope": view.scope,
        "target": view.target,
        "state": view.state.value,
        "states": [
            {
                "state": stage.state.value,
                "at": stage.at and to_rfc3339(stage.at),
                "due": to_rfc3339(stage.due),
            }
            for stage in view.stages
        ],
        "overdue": view.overdue,
        "problem": view.problem,
        "receipt": view.receipt,
    }


_KEY = {"Idempotency-Key": "The same key with the same request is answered alike."}
_PROBLEMS = (
    "invalid_input",
    "not_authenticated",
    "erased",
    "not_found",
    "conflict",
    "too_many_requests",
    "overloaded",
)

ROUTES = (
    Route(
        "POST",
        "/v1/me/erasures",
        request_erasure,
        summary="Erase an item, a conversation, a category, all data, or everything",
        tag="me",
        description=(
            "When this is answered, nothing in scope is used or shown any more. `all_data` keeps "
            "the account and its consents; after `everything` tokens from before are refused "
            "(`erased`) and a later one begins an empty customer."
        ),
        status=202,
        security="customer",
        headers=_KEY,
        request=ErasureRequest,
        response=RequestedBody,
        problems=(*_PROBLEMS, "payload_too_large", "unsupported_media_type"),
    ),
    Route(
        "GET",
        "/v1/me/erasures",
        list_erasures,
        summary="See the erasures asked for",
        tag="me",
        security="customer",
        query=ErasureQuery,
        response=ErasuresBody,
        problems=("invalid_input", "not_authenticated", "erased", "too_many_requests"),
    ),
    Route(
        "GET",
        "/v1/me/erasures/{id}",
        get_erasure,
        summary="See how far an erasure is, with its signed receipt",
        tag="me",
        description=(
            "With the customer's token, or with the status token as `Authorization: Bearer …` or "
            "in the header `Erasure-Status`; the latter works when the customer is gone."
        ),
        security="customer",
        path_parameters={"id": "Id of the erasure."},
        headers={STATUS_HEADER: "The status token of the erasure."},
        response=ErasureBody,
        problems=("not_authenticated", "erased", "not_found", "too_many_requests"),
    ),
    Route(
        "DELETE",
        "/v1/me/history/{id}",
        delete_item,
        summary="Delete one item of the history",
        tag="me",
        description="An erasure of the scope `item`.",
        status=202,
        security="customer",
        path_parameters={"id": "Id of the item, as the history shows it."},
        headers=_KEY,
        response=RequestedBody,
        problems=_PROBLEMS,
    ),
    Route(
        "DELETE",
        "/v1/me/history",
        delete_category,
        summary="Delete a category of the history",
        tag="me",
        description="An erasure of the scope `category`.",
        status=202,
        security="customer",
        query=HistoryDeletion,
        headers=_KEY,
        response=RequestedBody,
        problems=_PROBLEMS,
    ),
)
