"""Two small things a customer can do beside talking: say whether it helped, ask for a person."""

from datetime import timedelta

from aiohttp import web

from assistant.core.actor import CustomerActor
from assistant.core.ids import ConversationId, new_id
from assistant.web.answers import caller_of, get_actor, json_answer
from assistant.web.bodies import read_json
from assistant.web.keys import TOOLS
from assistant.web.routes import Route
from assistant.web.schemas.chat import FeedbackRequest, HandoffBody, HandoffRequest
from assistant.web.toolbox import Toolbox

_PROBLEMS = (
    "invalid_input",
    "not_authenticated",
    "payload_too_large",
    "unsupported_media_type",
    "too_many_requests",
    "overloaded",
)


async def give_feedback(request: web.Request) -> web.Response:
    """Note whether a reply helped; the last word counts."""
    caller_of(request)  # refused before the body is read
    tools = request.config_dict[TOOLS]
    feedback = await read_json(request, FeedbackRequest, limit=tools.services.limits.max_body)
    actor = await get_actor(request)
    await tools.services.turns.give_feedback(actor, feedback.turn_id, helped=feedback.helped)
    return web.Response(status=204)


async def request_handoff(request: web.Request) -> web.Response:
    """Ask for a person in a conversation, by default the latest one."""
    caller_of(request)  # refused before the body is read
    tools = request.config_dict[TOOLS]
    wanted = await read_json(request, HandoffRequest, limit=tools.services.limits.max_body)
    actor = await get_actor(request)
    conversation = await _conversation_of(tools, actor, wanted.conversation)
    await tools.services.turns.request_handoff(actor, conversation, wanted.reason)
    return json_answer(HandoffBody(conversation=conversation, state="requested"), status=202)


async def _conversation_of(
    tools: Toolbox, actor: CustomerActor, stated: str | None
) -> ConversationId:
    if stated is not None:
        return ConversationId(stated)
    since = tools.services.clock() - timedelta(seconds=tools.services.limits.conversation_idle)
    latest = await tools.services.turns.latest_conversation(actor, since=since)
    return latest or ConversationId(new_id())


ROUTES = (
    Route(
        "POST",
        "/v1/chat/feedback",
        give_feedback,
        summary="Say whether a reply helped",
        tag="chat",
        status=204,
        security="customer",
        request=FeedbackRequest,
        problems=(*_PROBLEMS, "not_found"),
    ),
    Route(
        "POST",
        "/v1/chat/handoff",
        request_handoff,
        summary="Ask for a person",
        tag="chat",
        description="Asking again for the same conversation changes nothing.",
        status=202,
        security="customer",
        request=HandoffRequest,
        response=HandoffBody,
        problems=(*_PROBLEMS, "not_found"),
    ),
)
