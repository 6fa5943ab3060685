"""Puts the outside together: routes, middlewares, pages, and what starts and stops with them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib.metadata import PackageNotFoundError, version

from aiohttp import web

from assistant.web import (
    chat_socket,
    data_api,
    demo_identity,
    erasures_api,
    events_api,
    export_api,
    facts_api,
    health_api,
    me_api,
    questions_api,
    receipts_api,
    reciprocity_api,
    requests_api,
    turns_api,
    visit_merge_api,
    visitors_api,
    well_known_api,
)
from assistant.web.keys import TOOLS
from assistant.web.logs import get_log
from assistant.web.loop_lag import sample_loop_lag
from assistant.web.middlewares import add_headers, answer_problems, observe
from assistant.web.openapi import build_document
from assistant.web.pages import add_pages
from assistant.web.routes import Route
from assistant.web.services import Services
from assistant.web.toolbox import Toolbox

_log = get_log("app")


def list_routes(*, demo: bool) -> tuple[Route, ...]:
    """Return every route of the interface; those of the demo only for the demo."""
    routes = (
        *chat_socket.ROUTES,
        *turns_api.ROUTES,
        *visitors_api.ROUTES,
        *visit_merge_api.ROUTES,
        *requests_api.ROUTES,
        *me_api.ROUTES,
        *questions_api.ROUTES,
        *facts_api.ROUTES,
        *erasures_api.ROUTES,
        *receipts_api.ROUTES,
        *data_api.ROUTES,
        *export_api.ROUTES,
        *reciprocity_api.ROUTES,
        *events_api.ROUTES,
        *health_api.ROUTES,
        *well_known_api.ROUTES,
    )
    return (*routes, *demo_identity.ROUTES) if demo else routes


def build_app(services: Services) -> web.Application:
    """Return the application; raises ``ConfigurationError`` for keys that cannot be right."""
    app = web.Application(middlewares=[observe, answer_problems])
    app[TOOLS] = Toolbox.of(services)
    routes = list_routes(demo=bool(services.demo_customers))
    for route in routes:
        if route.method == "GET":
            app.router.add_get(route.path, route.handler)
        else:
            app.router.add_route(route.method, route.path, route.handler)
    add_pages(app, routes, build_document(routes, version=_version()))
    app.on_response_prepare.append(add_headers)
    app.cleanup_ctx.append(_watch_the_loop)
    services.notices.listen(lambda _customers: _look_at_sockets(app[TOOLS]))
    app.on_shutdown.append(_finish_turns)
    app.on_cleanup.append(_close_services)
    return app


async def _watch_the_loop(app: web.Application) -> AsyncIterator[None]:
    sampler = asyncio.create_task(sample_loop_lag(app[TOOLS].metrics.observe_lag))
    yield
    sampler.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sampler


def _look_at_sockets(tools: Toolbox) -> None:
    """Close, in a while, the sockets of customers of whom everything was erased."""

    async def look() -> None:
        for number, socket in enumerate(list(tools.sockets)):
            await socket.look_again()
            if number % 64 == 0:
                await asyncio.sleep(0)  # others have a turn

    if tools.sockets:
        tools.in_flight.start(look())


async def _finish_turns(app: web.Application) -> None:
    """Answer what was begun, then tell every client to come back later."""
    tools = app[TOOLS]
    for socket in list(tools.sockets):
        socket.stop()
    unfinished = await tools.in_flight.drain(timeout=tools.services.limits.drain_timeout)
    if unfinished:
        _log.warning("turns_unfinished", number=unfinished)
    for socket in list(tools.sockets):
        socket.leave()


async def _close_services(app: web.Application) -> None:
    await app[TOOLS].services.close()


def _version() -> str:
    try:
        return version("reciprocal-assistant")
    except PackageNotFoundError:
        return "0"
