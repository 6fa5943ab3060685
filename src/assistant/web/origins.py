"""Which pages may open the chat: the service's own, and those the operator listed."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from aiohttp import web

from assistant.core.errors import NotAllowed


def require_allowed_origin(request: web.Request, allowed: Sequence[str]) -> None:
    """Raise ``NotAllowed`` for a browser page of another origin.

    A client without an ``Origin`` is no browser page; it is held to its token like every other.
    """
    origin = request.headers.get("Origin")
    if origin is None or origin.rstrip("/").lower() in {
        each.rstrip("/").lower() for each in allowed
    }:
        return
    if origin.count("/") == 2 and _network_location(origin) == request.host.lower():
        return
    raise NotAllowed("this origin is not in ASSISTANT_ALLOWED_ORIGINS")


def _network_location(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in ("http", "https") else None
