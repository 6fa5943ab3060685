"""Everything that is stored of a customer to take away: ``GET /v1/me/export``."""

from contextlib import aclosing

from aiohttp import web

from assistant.web.answers import find_actor
from assistant.web.bodies import read_query
from assistant.web.keys import TOOLS
from assistant.web.languages import language_of
from assistant.web.routes import Route
from assistant.web.schemas.data import ExportQuery

_ZIP = "application/zip"


async def export_data(request: web.Request) -> web.StreamResponse:
    """Stream the archive; a caller of whom nothing is stored gets no content."""
    tools = request.config_dict[TOOLS]
    query = read_query(request, ExportQuery)
    actor = await find_actor(request)
    if actor is None:
        return web.Response(status=204)
    pieces = await tools.services.own_exports.export(actor, lang=language_of(request, query.lang))
    response = web.StreamResponse(
        headers={
            "Content-Type": _ZIP,
            "Content-Disposition": 'attachment; filename="your-data.zip"',
        }
    )
    async with aclosing(pieces):
        await response.prepare(request)
        try:
            async for piece in pieces:
                await response.write(piece)
        except BaseException:
            # The status is out already: a cut line tells the caller that the archive is not whole.
            if request.transport is not None:
                request.transport.abort()
            raise
    await response.write_eof()
    return response


ROUTES = (
    Route(
        "GET",
        "/v1/me/export",
        export_data,
        summary="Take everything away as a zip archive",
        tag="me",
        description=(
            "`manifest.json` with the SHA-256 of every file, signed receipts, events as "
            "CloudEvents, conversations, facts, uses, the access log, every table in full as "
            "`items/…`, and `index.html` to read. Streamed; the export stands in "
            "the access log before it begins."
        ),
        security="customer",
        query=ExportQuery,
        also=(204,),
        response_media={_ZIP: "The archive."},
        problems=("invalid_input", "not_authenticated", "too_many_requests", "overloaded"),
    ),
)
