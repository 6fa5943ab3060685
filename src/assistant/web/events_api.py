"""``POST /v1/events``: business systems hand over what happened, and hear of each item what became.

One bad item never stops the good ones beside it; only a request that cannot be read at all is a
problem. Repeating a request is safe: the idempotency key is (customer, source, id).
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

import orjson
from aiohttp import web

from assistant.channels.intake import ItemResult
from assistant.core.errors import InvalidInput
from assistant.web.answers import json_answer
from assistant.web.auth import bearer_of
from assistant.web.bodies import load_json, read_body, require_media_type
from assistant.web.keys import TOOLS
from assistant.web.problems import RequestProblem
from assistant.web.routes import Route
from assistant.web.schemas.events import CloudEventBody, EventResultsBody

SINGLE: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
LINES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
CHUNK: Final = 500
"""Events a transaction, so that a large request does not hold the writer."""

STATUSES: Final = ("stored", "duplicate", "refused", "invalid")


async def take_events(request: web.Request) -> web.Response:
    """Store what may be stored of a single event, a batch or lines."""
    tools = request.config_dict[TOOLS]
    tools.events_keys.require(bearer_of(request.headers.get("Authorization")))
    require_media_type(request, {SINGLE, BATCH, *LINES, "application/json"})
    limits = tools.services.limits
    content = await read_body(request, limit=limits.max_events_body)
    documents = await asyncio.to_thread(_documents, request.content_type, content)
    if len(documents) > limits.max_events:
        raise RequestProblem(
            "payload_too_large", f"send at most {limits.max_events} events in one request"
        )
    results: list[ItemResult] = []
    for start in range(0, len(documents), CHUNK):
        results += await _store(request, documents[start : start + CHUNK])
    counts = Counter(result.status for result in results)
    for status, count in counts.items():
        tools.metrics.count_events(status, count)
    return json_answer(
        {
            "results": [
                {"index": index, "status": r.status, "code": r.code, "reason": r.reason}
                for index, r in enumerate(results)
            ],
            "counts": {status: counts[status] for status in STATUSES},
        }
    )


async def _store(request: web.Request, documents: Sequence[object]) -> Sequence[ItemResult]:
    tools = request.config_dict[TOOLS]
    readable = [each for each in documents if not isinstance(each, Unreadable)]
    stored = iter(
        await tools.in_flight.complete(tools.services.events.store_batch(readable))
        if readable
        else ()
    )
    return [
        ItemResult("invalid", reason="this line is not JSON in UTF-8")
        if isinstance(each, Unreadable)
        else next(stored)
        for each in documents
    ]


class Unreadable:
    """Stands for a line that is not JSON."""


def _documents(content_type: str, content: bytes) -> list[object]:
    if content_type in LINES:
        return [_line(line) for line in content.split(b"\n") if line.strip()]
    value = load_json(content)
    if isinstance(value, list):
        if content_type == SINGLE:
            raise InvalidInput(f"send a list as {BATCH}")
        return value
    if content_type == BATCH:
        raise InvalidInput(f"{BATCH} holds a list of events")
    return [value]


def _line(line: bytes) -> object:
    try:
        value: object = orjson.loads(line)
    except orjson.JSONDecodeError:
        return Unreadable()
    return value


_LIST = {"type": "array", "items": {"$ref": "#/components/schemas/CloudEventBody"}}

ROUTES = (
    Route(
        "POST",
        "/v1/events",
        take_events,
        summary="Hand over what happened",
        tag="business systems",
        description=(
            "CloudEvents 1.0: one event, a batch, or one per line. Each item is `stored`, "
            "`duplicate`, `refused` (understood, and nothing allows keeping it: counted, never "
            "stored) or `invalid` (`conflict`: the same source and id with other content)."
        ),
        security="events_key",
        request=CloudEventBody,
        request_media={
            SINGLE: {"$ref": "#/components/schemas/CloudEventBody"},
            BATCH: _LIST,
            "application/x-ndjson": {"type": "string", "description": "One event per line."},
        },
        response=EventResultsBody,
        problems=(
            "invalid_input",
            "not_authenticated",
            "not_allowed",
            "payload_too_large",
            "unsupported_media_type",
            "overloaded",
        ),
    ),
)
