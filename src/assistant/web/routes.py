"""The route table: what is served, and all that ``/openapi.json`` says about it, in one entry each.

Every ``*_api`` module lists its routes as ``ROUTES``; ``app`` adds them and ``openapi`` describes
them, so that nothing can be served undocumented or documented unserved.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from aiohttp import web
from pydantic import BaseModel

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

Security = Literal["none", "customer", "events_key"]

Tag = Literal["chat", "me", "business systems", "operation", "demo"]


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one address."""

    method: str
    path: str
    handler: Handler
    summary: str = field(kw_only=True)
    tag: Tag = field(kw_only=True)
    description: str = field(default="", kw_only=True)
    status: int = field(default=200, kw_only=True)
    also: tuple[int, ...] = field(default=(), kw_only=True)
    """Other statuses that come with the same body."""
    security: Security = field(default="none", kw_only=True)
    request: type[BaseModel] | None = field(default=None, kw_only=True)
    request_required: bool = field(default=True, kw_only=True)
    request_media: Mapping[str, Mapping[str, object]] = field(default_factory=dict, kw_only=True)
    """Media types beside JSON with their schema."""
    query: type[BaseModel] | None = field(default=None, kw_only=True)
    path_parameters: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    response: type[BaseModel] | None = field(default=None, kw_only=True)
    response_media: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """Media types beside the model's JSON with what they hold."""
    problems: tuple[str, ...] = field(default=(), kw_only=True)
