"""The Redis of the tests, and a gate before it that can be shut, opened and made silent.

``ASSISTANT_TEST_REDIS`` names the server. Without one its tests are skipped, except under
``CI=true``, where they fail.
"""

import asyncio
import contextlib
import os
import socket
from urllib.parse import urlsplit

import pytest

DEFAULT_SERVER = "redis://127.0.0.1:6379"


def find_redis() -> str:
    """Return the URL of a server that accepts connections, or skip (under CI: fail)."""
    url = os.environ.get("ASSISTANT_TEST_REDIS", DEFAULT_SERVER)
    try:
        socket.create_connection(_address(url), timeout=3).close()
    except OSError as error:
        reason = f"no Redis answers; set ASSISTANT_TEST_REDIS ({error})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return url


def unused_port() -> int:
    """Return a port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisGate:
    """Passes bytes between a port of its own and Redis while it is open."""

    def __init__(self, url: str) -> None:
        self._target = _address(url)
        self._port = unused_port()
        self.url = f"redis://127.0.0.1:{self._port}"
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def open(self) -> None:
        """Let connections through from now on."""
        self._flowing.set()
        self._server = await asyncio.start_server(self._link, "127.0.0.1", self._port)

    async def shut(self) -> None:
        """Break every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    def silence(self) -> None:
        """Hold back every byte: connections stay, and nothing answers any more."""
        self._flowing.clear()

    def speak(self) -> None:
        """Let bytes flow again."""
        self._flowing.set()

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        behind = await asyncio.open_connection(*self._target)
        try:
            await asyncio.gather(self._pass(reader, behind[1]), self._pass(behind[0], writer))
        except (asyncio.CancelledError, OSError):
            pass  # shut: the streams' own callback would report a cancelled task as an error
        finally:
            self._links.discard(task)
            for end in (writer, behind[1]):
                with contextlib.suppress(OSError):
                    end.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while received := await reader.read(65_536):
            await self._flowing.wait()
            writer.write(received)
            await writer.drain()
        raise ConnectionResetError


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or 6379
