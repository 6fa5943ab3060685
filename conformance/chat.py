"""A chat socket as a widget uses it."""

import time
from types import TracebackType
from typing import Self

import aiohttp

from conformance.service import Json, Service, Unexpected

WAIT = 15.0
"""Seconds in which a frame must come."""


class Chat:
    """One open socket after its ``welcome``; use as ``async with Chat.open(...)``."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, welcome: Json) -> None:
        """Keep the socket and what it was welcomed with."""
        self._socket = socket
        self.welcome = welcome
        self.seen: list[Json] = []
        """Every frame that came, in order."""

    @classmethod
    async def open(cls, service: Service, token: str, **members: object) -> Self:
        """Say hello with ``token``.

        Raises:
            Unexpected: no welcome came.
        """
        socket = await service.connect()
        await socket.send_json({"type": "hello", "token": token, **members})
        chat = cls(socket, None)
        chat.welcome = await chat.next("welcome")
        return chat

    async def __aenter__(self) -> Self:
        """Return the socket."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self._socket.close()

    async def send(self, kind: str, **members: object) -> None:
        """Send one frame."""
        await self._socket.send_json({"type": kind, **members})

    async def next(self, *kinds: str, within: float = WAIT) -> Json:
        """Return the next frame of one of ``kinds``, passing over others.

        Raises:
            Unexpected: the socket closed, or nothing of the kind came in time.
        """
        frame = await self.find(*kinds, within=within)
        if frame is None:
            raise Unexpected(f"the socket sent no {' or '.join(kinds)} frame")
        return frame

    async def find(self, *kinds: str, within: float) -> Json | None:
        """Return the next frame of one of ``kinds``; None if none comes ``within`` seconds."""
        ends = time.monotonic() + within
        while (left := ends - time.monotonic()) > 0:
            try:
                message = await self._socket.receive(timeout=left)
            except TimeoutError:
                return None
            if message.type is not aiohttp.WSMsgType.TEXT:
                return None
            frame = message.json()
            self.seen.append(frame)
            if frame.get("type") in kinds:
                return frame
        return None

    async def closed_with(self, *, within: float = WAIT) -> int | None:
        """Read until the server closes and return its code; None if it stays open."""
        while await self.find("problem", within=within):
            pass
        return self._socket.close_code if self._socket.closed else None
