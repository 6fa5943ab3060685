"""The Global Privacy Control signal (``Sec-GPC: 1``): heard in whatever request brings it."""

from aiohttp import web

from assistant.core.actor import CustomerActor
from assistant.web.keys import TOOLS


def has_signal(request: web.Request) -> bool:
    """Whether the browser says that its user wants no data about them sold or shared."""
    return request.headers.get("Sec-GPC", "").strip() == "1"


async def heed_signal(request: web.Request, actor: CustomerActor | None) -> None:
    """Let the signal of this request, if it carries one, act on its customer's consents."""
    if actor is not None and has_signal(request):
        await request.config_dict[TOOLS].services.consents.heed(actor)
