"""What handlers find in the application and the request, typed: no strings, no globals."""

from typing import Final

from aiohttp import web

from assistant.web.toolbox import Toolbox

TOOLS: Final = web.AppKey("tools", Toolbox)

REQUEST_ID: Final = web.RequestKey("request_id", str)
