"""``GET /v1/chat``: from the upgrade to the last frame of a chat socket.

The token comes in the first frame, never in the address. The handler only reads; writing is the
outbox's, answering the session's. When the client is gone, what it asked for is still answered,
stored, and found again by the next ``hello``.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from aiohttp import WSMessage, WSMsgType, web

from assistant.core.actor import CustomerActor
from assistant.core.clock import to_rfc3339
from assistant.core.errors import (
    AssistantError,
    CustomerErased,
    InvalidInput,
    NotAuthenticated,
    Overloaded,
)
from assistant.core.ids import ConversationId, new_id
from assistant.dialogue.turns import StoredTurn
from assistant.web.auth import Caller
from assistant.web.bodies import validate
from assistant.web.chat_outbox import Outbox
from assistant.web.chat_session import TOKEN_EXPIRED, ChatSession, load_frame
from assistant.web.keys import TOOLS
from assistant.web.languages import language_of
from assistant.web.logs import get_log
from assistant.web.origins import require_allowed_origin
from assistant.web.privacy_signal import has_signal
from assistant.web.problems import RequestProblem, problem_frame
from assistant.web.question_frames import Listener
from assistant.web.replies import stored_turn_body
from assistant.web.routes import Route
from assistant.web.schemas.chat import HelloFrame
from assistant.web.toolbox import Toolbox

MAX_MESSAGE = 4 * 1024 * 1024
"""Above this the framework closes the socket (1009); up to it we answer in words."""

RESUMED_TURNS = 100

_log = get_log("chat")


async def chat(request: web.Request) -> web.WebSocketResponse:
    """Serve one chat socket."""
    tools = request.config_dict[TOOLS]
    require_allowed_origin(request, tools.services.identity.allowed_origins)
    if len(tools.sockets) >= tools.services.limits.max_sockets or tools.in_flight.draining:
        raise Overloaded("no further chat sockets can be opened", retry_after=5)
    socket = web.WebSocketResponse(
        heartbeat=tools.services.limits.heartbeat,
        max_msg_size=MAX_MESSAGE,
        compress=False,
        decode_text=False,
        timeout=5.0,
    )
    if not socket.can_prepare(request).ok:
        raise RequestProblem("invalid_input", "this address speaks WebSocket only")
    await socket.prepare(request)
    connection = ChatConnection(tools=tools, socket=socket, request=request)
    tools.metrics.socket_opened()
    tools.sockets.add(connection)
    try:
        await connection.serve()
    finally:
        tools.sockets.discard(connection)
        tools.metrics.socket_closed()
        _log.info("socket_closed", close_code=socket.close_code)
    return socket


class ChatConnection:
    """One connection: reads frames, hands them to the session, ends both together."""

    def __init__(
        self, *, tools: Toolbox, socket: web.WebSocketResponse, request: web.Request
    ) -> None:
        """Open the outbox; there is no session before a valid ``hello``."""
        self._tools = tools
        self._socket = socket
        self._request = request
        self._session: ChatSession | None = None
        limits = tools.services.limits
        self._gpc = has_signal(request)
        self._max_frame = limits.max_frame
        self._outbox = Outbox(
            socket=socket,
            abort=self._abort,
            may_send_personal=lambda: self._session is None or self._session.may_send_personal(),
            capacity=limits.outgoing_frames,
            send_timeout=limits.send_timeout,
        )

    async def serve(self) -> None:
        """Read until the client or the server closes."""
        try:
            await self._converse()
        finally:
            self.stop()
            await self._outbox.finished()

    def stop(self) -> None:
        """Take no further turns."""
        if self._session is not None:
            self._session.stop()

    async def look_again(self) -> None:
        """Close the socket if everything of its customer was erased since its token was issued."""
        if self._session is None:
            return
        try:
            await self._tools.actors.find(self._session.caller)
        except CustomerErased as error:
            self._end(error)

    def leave(self) -> None:
        """Tell the client that this process goes away, after what is queued for it."""
        self._outbox.close(1001, "the service is restarting")

    async def _converse(self) -> None:
        frames = self._frames()
        try:
            async with asyncio.timeout(self._tools.services.limits.hello_timeout):
                first = await anext(frames, None)
        except TimeoutError:
            self._end(NotAuthenticated("the first frame did not come in time"))
            return
        if first is None or not await self._greet(first):
            return
        async for frame in frames:
            await self._hand_over(frame)

    async def _hand_over(self, frame: "bytes | AssistantError") -> None:
        if self._session is None:
            return
        if isinstance(frame, AssistantError):
            self._session.refuse_frame(frame)
        else:
            await self._session.receive(frame)

    async def _greet(self, first: "bytes | AssistantError") -> bool:
        """Open the session by the first frame; whatever else it is ends the connection."""
        try:
            await self._open(_hello_of(first))
        except AssistantError as error:
            self._end(error)
            return False
        except Exception:
            _log.exception("hello_failed")
            self._end(AssistantError("the session could not be opened"))
            return False
        return True

    async def _open(self, hello: HelloFrame) -> None:
        caller = self._tools.tokens.verify(hello.token)
        self._gpc = self._gpc or hello.gpc
        actor = await self._tools.actors.find(caller)
        if self._gpc and actor is not None:
            await self._tools.services.consents.heed(actor)
        conversation = await self._conversation_of(hello, actor)
        resume = await self._resume(hello, actor, conversation)
        session = ChatSession(
            tools=self._tools,
            outbox=self._outbox,
            caller=caller,
            conversation=conversation,
            listener=Listener(language_of(self._request, hello.lang), gpc=self._gpc),
        )
        self._session = session
        self._outbox.send(self._welcome(caller, conversation, resume))
        if actor is not None:
            await session.resume_question(actor)
        session.start()

    def _welcome(
        self, caller: Caller, conversation: ConversationId, resume: list[StoredTurn]
    ) -> dict[str, object]:
        clock = self._tools.services.clock
        left = caller.expires_at / 1000 - clock().timestamp()
        return {
            "type": "welcome",
            "conversation": conversation,
            "assistant": "ai",
            "name": self._tools.services.assistant_name,
            "gpc": self._gpc,
            "expires_at": to_rfc3339(clock() + timedelta(seconds=left)),
            "resume": [stored_turn_body(turn) for turn in resume[-RESUMED_TURNS:]],
        }

    async def _conversation_of(
        self, hello: HelloFrame, actor: CustomerActor | None
    ) -> ConversationId:
        if hello.conversation is not None:
            return ConversationId(hello.conversation)
        services = self._tools.services
        since = services.clock() - timedelta(seconds=services.limits.conversation_idle)
        latest = actor and await services.turns.latest_conversation(actor, since=since)
        return latest or ConversationId(new_id())

    async def _resume(
        self, hello: HelloFrame, actor: CustomerActor | None, conversation: ConversationId
    ) -> list[StoredTurn]:
        if actor is None:
            return []
        seen = hello.last_seen
        after = seen if isinstance(seen, int) else 0
        turns = list(await self._tools.services.turns.turns_since(actor, conversation, after))
        known = [place for place, turn in enumerate(turns) if turn.turn_id == seen]
        return turns[known[0] + 1 :] if known else turns

    async def _frames(self) -> "AsyncIterator[bytes | AssistantError]":
        """Yield each frame as bytes, or why it cannot be read, until the connection ends."""
        while True:
            message = await self._socket.receive()
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                yield self._checked(message)
            elif message.type is WSMsgType.ERROR:
                _log.info("socket_protocol_error", close_code=self._socket.close_code)
                return
            else:
                return

    def _checked(self, message: WSMessage) -> "bytes | AssistantError":
        content: bytes = message.data
        if message.type is WSMsgType.BINARY:
            return InvalidInput("frames are JSON text, not binary")
        if len(content) > self._max_frame:
            return RequestProblem(
                "payload_too_large", f"a frame has at most {self._max_frame} bytes"
            )
        return content

    def _end(self, error: AssistantError) -> None:
        self._tools.metrics.count_problem(error.code)
        self._outbox.send(problem_frame(error))
        code = TOKEN_EXPIRED if isinstance(error, NotAuthenticated) else 1008
        self._outbox.close(code, error.code)

    def _abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()


def _hello_of(first: "bytes | AssistantError") -> HelloFrame:
    if isinstance(first, AssistantError):
        raise first
    frame = load_frame(first)
    if frame.get("type") != "hello":
        raise NotAuthenticated("the first frame is hello{token}")
    return validate(HelloFrame, frame)


ROUTES = (
    Route(
        "GET",
        "/v1/chat",
        chat,
        summary="Open the chat socket",
        tag="chat",
        description=(
            "WebSocket. The first frame is `hello` with the token; see *Chat frames* in `/docs`. "
            "`Origin` must be the service's own or one of `ASSISTANT_ALLOWED_ORIGINS`."
        ),
        status=101,
        problems=("not_allowed", "overloaded"),
    ),
)
