"""What a customer shared and where it helped them: ``GET /v1/me/reciprocity``."""

from aiohttp import web

from assistant.web.answers import find_actor
from assistant.web.bodies import read_query
from assistant.web.keys import TOOLS
from assistant.web.languages import language_of
from assistant.web.own_data import DataRequest
from assistant.web.routes import Route
from assistant.web.schemas.data import ReciprocityBody, ReciprocityQuery

_NOTHING = b'{"totals":[],"entries":[],"cursor":null}'


async def show_reciprocity(request: web.Request) -> web.Response:
    """Return a page of where the caller's data helped them."""
    tools = request.config_dict[TOOLS]
    query = read_query(request, ReciprocityQuery)
    actor = await find_actor(request)
    content = _NOTHING
    if actor is not None:
        wanted = DataRequest(
            lang=language_of(request, query.lang),
            limit=query.limit,
            gpc=False,
            cursor=query.cursor,
        )
        content = await tools.services.own_data.reciprocate(actor, wanted)
    return web.Response(body=content, content_type="application/json")


ROUTES = (
    Route(
        "GET",
        "/v1/me/reciprocity",
        show_reciprocity,
        summary="See what was shared and where it helped",
        tag="me",
        description=(
            "Each use of something of the caller's: the item, the answer it helped to make, the "
            "purpose, and the caller's own verdict on that answer. `totals` (first page) adds up "
            "by data category and marks what is kept and was never used as `idle`."
        ),
        security="customer",
        query=ReciprocityQuery,
        response=ReciprocityBody,
        problems=("invalid_input", "not_authenticated", "too_many_requests", "overloaded"),
    ),
)
