"""The pages the service itself serves: the plain chat page and the readable documentation.

Scripts and styles are files of our own; the policy header forbids everything else, inline too.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.web.chat_session import LATER_FRAMES
from assistant.web.frame_table import FRAMES
from assistant.web.keys import TOOLS
from assistant.web.openapi import Document
from assistant.web.problems import PROBLEMS
from assistant.web.routes import Handler, Route

HERE: Final = Path(__file__).parent
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def add_pages(app: web.Application, routes: Sequence[Route], document: Document) -> None:
    """Serve the pages, their files and the OpenAPI document."""
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )
    services = app[TOOLS].services
    chat = templates.get_template("chat.html").render(
        name=services.assistant_name, demo=bool(services.demo_customers)
    )
    docs = templates.get_template("docs.html").render(
        routes=routes, problems=PROBLEMS, frames=FRAMES, later=sorted(LATER_FRAMES)
    )
    app.router.add_get("/", _page(chat))
    app.router.add_get("/docs", _page(docs))
    app.router.add_get("/openapi.json", _json(orjson.dumps(document)))
    app.router.add_static("/static", HERE / "static")


def _page(html: str) -> Handler:
    async def serve(request: web.Request) -> web.Response:
        del request
        return web.Response(
            text=html, content_type="text/html", headers={"Content-Security-Policy": POLICY}
        )

    return serve


def _json(content: bytes) -> Handler:
    async def serve(request: web.Request) -> web.Response:
        del request
        return web.Response(body=content, content_type="application/json")

    return serve
