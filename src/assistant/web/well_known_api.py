"""What others look for at ``/.well-known/``: the keys of receipts, and the answer to GPC."""

from typing import Final

from aiohttp import web

from assistant.web.answers import json_answer
from assistant.web.keys import TOOLS
from assistant.web.routes import Route
from assistant.web.schemas.receipts import KeysBody, PrivacyControlBody

_GPC_SINCE: Final = "2026-11-22"
"""When what ``docs/api.md`` says about the signal last changed."""


async def show_keys(request: web.Request) -> web.Response:
    """Return the public keys that receipts are verified with."""
    return json_answer(request.config_dict[TOOLS].services.signing_keys)


async def show_gpc(request: web.Request) -> web.Response:
    """Say that the Global Privacy Control signal is honoured."""
    del request
    return json_answer(PrivacyControlBody(gpc=True, lastUpdate=_GPC_SINCE))


ROUTES = (
    Route(
        "GET",
        "/.well-known/assistant-keys.json",
        show_keys,
        summary="Get the keys that sign receipts",
        tag="operation",
        description="A JSON Web Key Set that is also a controlled identifier with Multikeys.",
        response=KeysBody,
    ),
    Route(
        "GET",
        "/.well-known/gpc.json",
        show_gpc,
        summary="See that Global Privacy Control is honoured",
        tag="operation",
        response=PrivacyControlBody,
    ),
)
