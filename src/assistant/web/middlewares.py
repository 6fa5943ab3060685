"""Around every request: an id, one log line, counters, and a problem document for every failure.

The log line and the metrics name the route's template, never the path (ids and other people's text
can stand in it), and no query.
"""

import time
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from assistant.core.errors import AssistantError
from assistant.core.ids import new_id
from assistant.web.keys import REQUEST_ID, TOOLS
from assistant.web.logs import get_log
from assistant.web.problems import problem_of_http_error, problem_response

UNMATCHED: Final = "unmatched"

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = get_log("http")


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, time it, log it and count it."""
    request[REQUEST_ID] = new_id()
    began = time.perf_counter()
    response = await handler(request)
    seconds = time.perf_counter() - began
    route = route_of(request)
    method = request.method if request.method in _METHODS else "other"
    if not isinstance(response, web.WebSocketResponse):
        metrics = request.config_dict[TOOLS].metrics
        metrics.observe_request(method, route, response.status, seconds)
    _log.info(
        "request",
        method=method,
        route=route,
        status=response.status,
        ms=round(seconds * 1000, 1),
        request_id=request[REQUEST_ID],
    )
    return response


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into a problem document."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _with_allow(_problem(request, problem_of_http_error(error)), error)
    except AssistantError as error:
        return _problem(request, error)
    except Exception:
        _log.exception("request_failed", route=route_of(request), request_id=request[REQUEST_ID])
        return _problem(request, AssistantError("the request failed in a way nobody expected"))


def _problem(request: web.Request, error: AssistantError) -> web.Response:
    request.config_dict[TOOLS].metrics.count_problem(error.code)
    return problem_response(error, request_id=request[REQUEST_ID])


def _with_allow(response: web.Response, error: web.HTTPException) -> web.Response:
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def route_of(request: web.Request) -> str:
    """Return the template of the matched route (``/v1/me/consents/{purpose}``)."""
    resource = request.match_info.route.resource
    return UNMATCHED if resource is None else resource.canonical


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set on every response what keeps it from being cached, sniffed, framed or told on."""
    headers = response.headers
    headers.setdefault("X-Request-Id", request.get(REQUEST_ID, ""))
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    headers.popall("Server", None)
