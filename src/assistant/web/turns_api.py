"""Turns over plain HTTP: JSON, or server-sent events for those who want to see it coming."""

from collections.abc import Mapping

import orjson
from aiohttp import web

from assistant.core.errors import AssistantError, InvalidInput
from assistant.core.ids import ConversationId
from assistant.web.answers import caller_of, json_answer
from assistant.web.auth import Caller
from assistant.web.bodies import read_json
from assistant.web.keys import REQUEST_ID, TOOLS
from assistant.web.logs import get_log
from assistant.web.privacy_signal import has_signal, heed_signal
from assistant.web.problems import RequestProblem, describe
from assistant.web.replies import delta_frames, reply_body, reply_frame
from assistant.web.routes import Route
from assistant.web.schemas.chat import ReplyBody, TurnRequest
from assistant.web.turns import Spoken, clean_text
from assistant.web.wire import written

_EVENT_STREAM = "text/event-stream"
_log = get_log("chat")


async def take_turn(request: web.Request) -> web.StreamResponse:
    """Answer one turn, in the form the caller accepts."""
    caller = caller_of(request)
    tools = request.config_dict[TOOLS]
    form = _accepted_form(request)
    spoken = await _spoken_of(request)
    if has_signal(request):
        await heed_signal(request, await tools.actors.find(caller))
    if form == _EVENT_STREAM:
        return await _stream(request, caller, spoken)
    return json_answer(reply_body(await tools.taker.take(caller, spoken)))


def _accepted_form(request: web.Request) -> str:
    accept = request.headers.get("Accept", "*/*").lower()
    if _EVENT_STREAM in accept:
        return _EVENT_STREAM
    if "application/json" in accept or "application/*" in accept or "*/*" in accept:
        return "application/json"
    raise RequestProblem("not_acceptable", "accept application/json or text/event-stream")


async def _spoken_of(request: web.Request) -> Spoken:
    tools = request.config_dict[TOOLS]
    turn = await read_json(request, TurnRequest, limit=tools.services.limits.max_body)
    key = request.headers.get("Idempotency-Key")
    if turn.turn_id is not None and key is not None and key != turn.turn_id:
        raise InvalidInput("`Idempotency-Key` and `turn_id` differ; send one, or the same twice")
    turn_id = turn.turn_id or key
    if turn_id is None or len(turn_id) > 128 or not turn_id.isprintable():
        raise InvalidInput("send a `turn_id` of at most 128 printable characters")
    return Spoken(
        turn_id=turn_id,
        text=clean_text(turn.text),
        conversation=None if turn.conversation is None else ConversationId(turn.conversation),
        lang=turn.lang,
    )


async def _stream(request: web.Request, caller: Caller, spoken: Spoken) -> web.StreamResponse:
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    response.content_type = _EVENT_STREAM
    response.charset = "utf-8"
    tools = request.config_dict[TOOLS]
    tools.taker.require_unexpired(caller)
    await response.prepare(request)
    events = EventStream(response, within=tools.services.limits.send_timeout)
    await events.send({"type": "typing", "turn_id": spoken.turn_id, "by": "assistant"})
    try:
        reply = await tools.taker.take(caller, spoken)
    except AssistantError as error:
        await events.send({**describe(error, request_id=request[REQUEST_ID]), "type": "problem"})
    except Exception:
        _log.exception("turn_failed", request_id=request[REQUEST_ID])
        failure = AssistantError("the turn could not be answered")
        await events.send({**describe(failure, request_id=request[REQUEST_ID]), "type": "problem"})
    else:
        for delta in delta_frames(reply):
            await events.send(delta)
        await events.send(reply_frame(reply))
    return response


class EventStream:
    """Writes frames as server-sent events; a client that is gone is not written to."""

    def __init__(self, response: web.StreamResponse, *, within: float) -> None:
        """``within`` bounds each write, in seconds."""
        self._response = response
        self._within = within
        self._open = True

    async def send(self, frame: Mapping[str, object]) -> None:
        """Send one event named by the frame's type."""
        if not self._open:
            return
        event = b"event: %b\ndata: %b\n\n" % (str(frame["type"]).encode(), orjson.dumps(frame))
        self._open = await written(self._response.write(event), within=self._within)


ROUTES = (
    Route(
        "POST",
        "/v1/chat/turns",
        take_turn,
        summary="Say something and get the reply",
        tag="chat",
        description=(
            "The reply is stored before it is sent. The same `turn_id` with the same text gives "
            "the stored reply again; with another text it is a `conflict`. With "
            "`Accept: text/event-stream` come the events `typing`, `reply.delta`… and `reply`, or "
            "`problem`."
        ),
        security="customer",
        request=TurnRequest,
        headers={"Idempotency-Key": "Stands for `turn_id` where the body has none."},
        response=ReplyBody,
        response_media={_EVENT_STREAM: "The socket's frames as server-sent events."},
        problems=(
            "invalid_input",
            "text_too_long",
            "payload_too_large",
            "conflict",
            "not_authenticated",
            "not_acceptable",
            "unsupported_media_type",
            "too_many_requests",
            "overloaded",
        ),
    ),
)
