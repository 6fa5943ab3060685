"""Listens, says where, and stops when asked to: the blocking end of ``assistant serve``."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from typing import Final

from aiohttp import web

SHUTDOWN_TIMEOUT: Final = 5.0
"""Seconds for connections to end after the turns in flight have (those wait in ``app``)."""


def run(
    app: web.Application,
    *,
    host: str,
    port: int,
    announce: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve until SIGINT or SIGTERM; ``announce`` gets the base address once it listens."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(app, host=host, port=port, announce=announce))


async def serve(
    app: web.Application, *, host: str, port: int, announce: Callable[[str], None]
) -> None:
    """Serve on the running loop until a signal asks to stop."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stopping.set)
    server = web.AppRunner(
        app,
        access_log=None,
        logger=logging.getLogger("assistant.server"),
        shutdown_timeout=SHUTDOWN_TIMEOUT,
    )
    await server.setup()
    try:
        await web.TCPSite(server, host, port, backlog=1024).start()
        announce(_address_of(server))
        await stopping.wait()
    finally:
        await server.cleanup()


def _address_of(server: web.AppRunner) -> str:
    host, port, *_ = server.addresses[0]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not there on every system, and not needed
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
