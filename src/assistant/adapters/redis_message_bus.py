"""Wake-ups between processes, through Redis publish and subscribe.

Redis may be away at any time, also at the start: then this process still wakes itself, the others
look for themselves after a few seconds, and the connection is tried again until it holds.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import structlog

from assistant.adapters.local_message_bus import LocalMessageBus
from assistant.core.backoff import Backoff
from assistant.core.errors import ConfigurationError
from assistant.core.ids import new_id
from assistant.core.message_bus import Topic, Wake

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.asyncio.client import PubSub

_log = structlog.get_logger("assistant.message_bus")

_ANSWER_SECONDS = 5.0
"""How long Redis may take to connect or to answer."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0

_QUIET_SECONDS = 15.0
"""After so long without a message Redis is asked whether it is still there."""


class RedisMessageBus:
    """Fulfils ``core.message_bus.MessageBus`` for all processes that share a Redis and a prefix.

    Subscribers of the own process are woken directly. What goes out is a set of topics, so it is
    bounded however much is published while Redis is slow or away.
    """

    def __init__(self, *, url: str, prefix: str = "assistant") -> None:
        """Use the channels ``<prefix>:<topic>`` of the Redis at ``url``; connects in ``start``.

        Raises:
            ConfigurationError: the package of the extra ``redis`` is missing, or ``url`` is none.
        """
        self._redis = _make_client(url, name=prefix)
        self._topics = {f"{prefix}:{topic.value}".encode(): topic for topic in Topic}
        self._origin = new_id().encode()
        self._local = LocalMessageBus()
        self._outgoing: set[Topic] = set()
        self._asked = asyncio.Event()
        # What goes out takes the same way to the loop, with one callback a topic at a time.
        self._outbox = LocalMessageBus()
        for topic in Topic:
            self._outbox.subscribe(topic, partial(self._ask, topic))
        self._tasks: tuple[asyncio.Task[NoReturn], ...] = ()
        self._reachable = True

    def publish(self, topic: Topic) -> None:
        """Wake the own process at once and the others soon; see ``MessageBus``."""
        self._local.publish(topic)
        self._outbox.publish(topic)

    def subscribe(self, topic: Topic, wake: Wake) -> None:
        """Call ``wake`` after each publication of any process; see ``MessageBus``."""
        self._local.subscribe(topic, wake)

    async def start(self) -> None:
        """Begin to send and receive in the background, whether or not Redis is there."""
        await self._local.start()
        await self._outbox.start()
        self._tasks = (
            asyncio.create_task(self._persist(self._receive), name="message bus: receive"),
            asyncio.create_task(self._persist(self._send), name="message bus: send"),
        )

    async def close(self) -> None:
        """Stop both directions and close the connections."""
        await self._local.close()
        await self._outbox.close()
        await _end(self._tasks)
        self._tasks = ()
        # A connection that is broken already has nothing left to be closed.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._redis.aclose()

    def _ask(self, topic: Topic) -> None:
        self._outgoing.add(topic)
        self._asked.set()

    async def _persist(self, work: Callable[[Backoff], Awaitable[None]]) -> NoReturn:
        """Run ``work`` for ever; each time it fails the pause is longer, until it succeeds."""
        backoff = Backoff(first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
        while True:
            try:
                await work(backoff)
            except Exception as error:  # whatever Redis does must not end the service's wake-ups
                self._note_failure(error)
                await asyncio.sleep(backoff.next())

    async def _send(self, backoff: Backoff) -> None:
        """Send what was asked for, once; what fails is dropped, for everybody looks anyway."""
        await self._asked.wait()
        self._asked.clear()
        topics, self._outgoing = self._outgoing, set()
        for channel, topic in self._topics.items():
            if topic in topics:
                await self._redis.publish(channel, self._origin)
        self._connected(backoff)

    async def _receive(self, backoff: Backoff) -> None:
        """Listen until the connection fails."""
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(*self._topics)
            while True:
                message = await _next_message(pubsub)
                topic = self._topics.get(message["channel"])
                # That a subscription holds counts as a message: one may have been missed before.
                if topic is not None and message["data"] != self._origin:
                    self._connected(backoff)
                    self._local.publish(topic)

    def _note_failure(self, error: Exception) -> None:
        """Log when Redis goes away, not every attempt to find it."""
        if self._reachable:
            _log.warning("redis_unreachable", error=type(error).__qualname__)
        self._reachable = False

    def _connected(self, backoff: Backoff) -> None:
        """Begin with short pauses again, and log when Redis is back."""
        backoff.reset()
        if not self._reachable:
            _log.info("redis_reachable")
        self._reachable = True


async def _end(tasks: Collection[asyncio.Task[NoReturn]]) -> None:
    """Cancel ``tasks`` until they are done: the client may lose one cancellation as it connects."""
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.1)


async def _next_message(pubsub: "PubSub") -> dict[str, Any]:
    """Return the next message; a connection that no longer answers is an error, not a silence."""
    message = await pubsub.get_message(timeout=_QUIET_SECONDS)
    if message is None:
        await pubsub.ping()
        message = await pubsub.get_message(timeout=_ANSWER_SECONDS)
    if message is None:
        raise TimeoutError
    return dict(message)


def _make_client(url: str, *, name: str) -> "Redis":
    try:
        from redis.asyncio import Redis  # noqa: PLC0415  # an optional package
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "ASSISTANT_REDIS_URL needs the package of the extra `redis`: "
            "pip install 'reciprocal-assistant[redis]'"
        ) from error
    try:
        return Redis.from_url(
            url,
            client_name=name,
            socket_connect_timeout=_ANSWER_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
            socket_keepalive=True,
            # Trying again is decided here, where it is known that nothing is lost by waiting.
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        # The URL is not shown, and neither is the error that quotes it: it may hold a password.
        raise ConfigurationError(
            "ASSISTANT_REDIS_URL is not the address of a Redis; it looks like "
            "redis://localhost:6379/0"
        ) from None
