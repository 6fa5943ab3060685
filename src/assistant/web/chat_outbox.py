"""The one writer of a chat socket: a bounded queue, so that a slow client harms only itself.

Frames are queued without waiting and sent in order by one task. A client that does not keep up
fills its queue and is dropped; it loses nothing, because everything in the queue is stored and
found again at resume. Nothing personal is sent once the token has expired.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import orjson
from aiohttp import WSMsgType, web

from assistant.web.replies import Frame
from assistant.web.wire import written

NOT_AUTHENTICATED: Final = 4401
"""Closes a socket whose token has expired, or is from before an erasure of everything."""

_IMPERSONAL: Final = frozenset({"problem", "notice", "typing", "pong"})


@dataclass(frozen=True, slots=True)
class Closing:
    """The last thing in the queue: close with this code after all that stands before it."""

    code: int
    reason: str


class Outbox:
    """Frames on their way to one client."""

    def __init__(
        self,
        *,
        socket: web.WebSocketResponse,
        abort: Callable[[], None],
        may_send_personal: Callable[[], bool],
        capacity: int,
        send_timeout: float,
    ) -> None:
        """``abort`` drops the connection without a handshake, for clients that do not read."""
        self._socket = socket
        self._abort = abort
        self._may_send_personal = may_send_personal
        self._queue: asyncio.Queue[Frame | Closing] = asyncio.Queue(capacity)
        self._send_timeout = send_timeout
        self._closed = False
        self._writer = asyncio.create_task(self._write())

    def send(self, frame: Frame) -> None:
        """Queue a frame; a client that has filled its queue is dropped instead."""
        self._put(frame)

    def close(self, code: int, reason: str) -> None:
        """Close after everything queued so far was sent."""
        self._put(Closing(code, reason))
        self._closed = True

    async def finished(self) -> None:
        """Wait until the writer has ended; call after the connection is gone or closing."""
        self.close(1000, "")
        await self._writer

    def _put(self, item: Frame | Closing) -> None:
        if self._closed:
            return
        try:
            self._queue.put_nowait(item)
        except asyncio.QueueFull:
            self._give_up()

    def _give_up(self) -> None:
        self._closed = True
        self._abort()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(Closing(1013, "too slow"))

    async def _write(self) -> None:
        while not isinstance(item := await self._queue.get(), Closing):
            if item["type"] not in _IMPERSONAL and not self._may_send_personal():
                continue
            sending = self._socket.send_frame(orjson.dumps(item), WSMsgType.TEXT)
            if not await written(sending, within=self._send_timeout):
                self._give_up()
        closing = self._socket.close(code=item.code, message=item.reason.encode())
        await written(closing, within=self._send_timeout)
