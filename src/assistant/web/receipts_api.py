"""The customer's receipts: a list of what they decided, and each decision signed."""

import re
from typing import Final

from aiohttp import web

from assistant.core.clock import to_rfc3339
from assistant.core.errors import NotFound
from assistant.profile.receipts.issuing import ReceiptSummary
from assistant.web.answers import find_actor, json_answer
from assistant.web.bodies import read_query
from assistant.web.keys import TOOLS
from assistant.web.routes import Route
from assistant.web.schemas.receipts import ReceiptsBody, ReceiptsQuery, SignedDocumentBody

LD_JSON: Final = "application/ld+json"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def list_receipts(request: web.Request) -> web.Response:
    """Return a page of the caller's decisions."""
    tools = request.config_dict[TOOLS]
    query = read_query(request, ReceiptsQuery)
    actor = await find_actor(request)
    if actor is None:
        return json_answer({"items": [], "cursor": None})
    found = await tools.services.receipts.list_summaries(
        actor, after=query.cursor, limit=query.limit + 1
    )
    page = found[: query.limit]
    return json_answer(
        {
            "items": [_item(summary) for summary in page],
            "cursor": page[-1].receipt_id if len(found) > query.limit else None,
        }
    )


async def get_receipt(request: web.Request) -> web.Response:
    """Return one signed receipt, as JSON-LD to whoever asks for it by that name."""
    tools = request.config_dict[TOOLS]
    actor = await find_actor(request)
    receipt_id = request.match_info["id"]
    if actor is None or not _UUID.fullmatch(receipt_id):
        raise NotFound("there is no such receipt")
    receipt = await tools.services.receipts.get(actor, receipt_id)
    asked = request.headers.get("Accept", "")
    return web.Response(
        body=receipt.content,
        content_type=LD_JSON if LD_JSON in asked else "application/json",
        headers={"Content-Disposition": f'inline; filename="receipt-{receipt_id}.json"'},
    )


def _item(summary: ReceiptSummary) -> dict[str, object]:
    return {
        "id": summary.receipt_id,
        "at": to_rfc3339(summary.at),
        "purpose": summary.purpose,
        "version": summary.version,
        "decision": summary.decision,
        "states": sorted(summary.statuses),
        "categories": list(summary.categories),
    }


ROUTES = (
    Route(
        "GET",
        "/v1/me/receipts",
        list_receipts,
        summary="See every decision about consent",
        tag="me",
        security="customer",
        query=ReceiptsQuery,
        response=ReceiptsBody,
        problems=("invalid_input", "not_authenticated", "too_many_requests"),
    ),
    Route(
        "GET",
        "/v1/me/receipts/{id}",
        get_receipt,
        summary="Get the signed receipt of a decision",
        tag="me",
        description=(
            "A consent receipt with the record fields of ISO/IEC TS 27560 in the W3C Data Privacy "
            "Vocabulary, with a Data Integrity proof. `assistant verify-receipt` checks it "
            "offline with the key of `/.well-known/assistant-keys.json`. The same bytes each time."
        ),
        security="customer",
        path_parameters={"id": "Id of the receipt."},
        response=SignedDocumentBody,
        response_media={LD_JSON: "The same as JSON-LD."},
        problems=("not_authenticated", "not_found", "too_many_requests"),
    ),
)
