"""The server under check: requests over HTTP, chat sockets, and waiting for what takes a while."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final, TypeAlias, TypeVar

import aiohttp
import orjson

from conformance.target import Target

Json: TypeAlias = Any
"""A document as the server wrote it: what it must look like is what the checks find out."""

LONGEST_WAIT: Final = 90.0
"""Seconds for which a server may put a request off."""

_LATER: Final = frozenset({429, 503})

T = TypeVar("T")


class Unexpected(Exception):
    """The server answered in a way that no check can go on from."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read whole."""

    call: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The content as text; what is no UTF-8 is replaced."""
        return self.content.decode(errors="replace")

    @property
    def json(self) -> Json:
        """The content as JSON.

        Raises:
            Unexpected: it is none.
        """
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            raise Unexpected(f"{self.call} answered {self.status} with what is no JSON") from None

    def member(self, *names: str) -> Json:
        """Return the first of the named members that is there.

        Raises:
            Unexpected: none is.
        """
        document = self.json
        for name in names:
            if isinstance(document, dict) and name in document:
                return document[name]
        raise Unexpected(f"{self.call} answered {self.status} without a member {names[0]!r}")

    @property
    def code(self) -> str:
        """The stable code of a problem, empty where there is none."""
        try:
            document = self.json
        except Unexpected:
            return ""
        return str(document.get("code", "")) if isinstance(document, dict) else ""

    def expect(self, *statuses: int) -> "Answer":
        """Return this answer if it has one of ``statuses``.

        Raises:
            Unexpected: it has another.
        """
        if self.status not in statuses:
            said = f" ({self.code})" if self.code else ""
            raise Unexpected(f"{self.call} answered {self.status}{said}, not {statuses[0]}")
        return self


class Service:
    """A session with the server; every check uses people of its own, so all may run at once."""

    def __init__(self, target: Target, session: aiohttp.ClientSession) -> None:
        """Keep where to ask."""
        self.target = target
        self._session = session
        self._addresses = cycle(target.urls)

    @classmethod
    @asynccontextmanager
    async def open(cls, target: Target) -> AsyncIterator["Service"]:
        """Open a session and close it afterwards."""
        timeout = aiohttp.ClientTimeout(total=max(30.0, target.patience))
        async with aiohttp.ClientSession(timeout=timeout) as session:
            yield cls(target, session)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; ``body`` is sent as JSON, bytes as they are.

        A server that says it is busy, or that this is too much in a minute, is asked again when it
        says, as any client should.
        """
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        content: bytes | None = None
        if body is not None:
            content = body if isinstance(body, bytes) else orjson.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        ends = time.monotonic() + LONGEST_WAIT
        while True:
            answer = await self._send(method, path, content, sent)
            pause = float(answer.headers.get("Retry-After", 1))
            if answer.status not in _LATER or time.monotonic() + pause > ends:
                return answer
            await asyncio.sleep(pause)

    async def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        url, call = next(self._addresses) + path, f"{method} {path.partition('?')[0]}"
        try:
            async with self._session.request(method, url, data=content, headers=headers) as found:
                read = await found.read()
        except TimeoutError:
            raise Unexpected(f"{call} was not answered in time") from None
        return Answer(call, found.status, found.headers.copy(), read)

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        """Open a chat socket without saying hello."""
        return await self._session.ws_connect(next(self._addresses) + "/v1/chat", autoping=True)

    async def wait_until(
        self, look: Callable[[], Awaitable[T | None]], *, every: float = 0.05
    ) -> T | None:
        """Look until something is there, at most for the target's patience; None if it never is."""
        ends = time.monotonic() + self.target.patience
        while True:
            found = await look()
            if found:
                return found
            if time.monotonic() > ends:
                return None
            await asyncio.sleep(every)
            every = min(every * 1.5, 0.5)
