"""Everything that is stored of a customer, told to them: ``GET /v1/me/data``."""

from aiohttp import web

from assistant.web.answers import find_actor
from assistant.web.bodies import read_query
from assistant.web.keys import TOOLS
from assistant.web.languages import language_of
from assistant.web.own_data import DataRequest
from assistant.web.routes import Route
from assistant.web.schemas.data import DataBody, DataQuery

_JSON = "application/json"
_JSON_LD = "application/ld+json"
_NOTHING = b'{"overview":null,"items":[],"cursor":null}'
_NOTHING_LINKED = b'{"@context":{"dpv":"https://w3id.org/dpv#"},"@graph":[],"cursor":null}'


async def show_data(request: web.Request) -> web.Response:
    """Return a page of everything stored of the caller."""
    tools = request.config_dict[TOOLS]
    query = read_query(request, DataQuery)
    actor = await find_actor(request)
    linked = _JSON_LD in request.headers.get("Accept", "")
    if actor is None:
        content = _NOTHING_LINKED if linked else _NOTHING
    else:
        wanted = DataRequest(
            lang=language_of(request, query.lang),
            limit=query.limit,
            gpc=request.headers.get("Sec-GPC", "").strip() == "1",
            cursor=query.cursor,
            section=query.section,
            linked=linked,
        )
        content = await tools.services.own_data.show(actor, wanted)
    return web.Response(body=content, content_type=_JSON_LD if linked else _JSON)


ROUTES = (
    Route(
        "GET",
        "/v1/me/data",
        show_data,
        summary="See everything that is stored",
        tag="me",
        description=(
            "Every row of every table that holds something of the caller, newest first in each "
            "section, with source, purposes, lawful basis, receipt, recipients, expiry, uses and "
            "the calls that correct, stop, delete or export it. `overview` comes with the first "
            "page. `Accept: application/ld+json` gives the same in DPV terms."
        ),
        security="customer",
        query=DataQuery,
        headers={"Sec-GPC": "`1`: the Global Privacy Control signal; the answer tells its state."},
        response=DataBody,
        response_media={
            _JSON_LD: "The same as JSON-LD in terms of the W3C Data Privacy Vocabulary."
        },
        problems=("invalid_input", "not_authenticated", "too_many_requests", "overloaded"),
    ),
)
