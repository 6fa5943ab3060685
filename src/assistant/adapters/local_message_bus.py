"""Wake-ups within one process: what a service without Redis uses."""

import asyncio
import contextlib
import threading

import structlog

from assistant.core.message_bus import Topic, Wake

_log = structlog.get_logger("assistant.message_bus")


class LocalMessageBus:
    """Fulfils ``core.message_bus.MessageBus`` for the subscribers of this process.

    A topic that is already on its way is not sent again, so that a hundred thousand imported events
    leave one callback on the loop and not a hundred thousand.
    """

    def __init__(self) -> None:
        """Make a bus without subscribers that carries nothing until it is started."""
        self._wakes: dict[Topic, list[Wake]] = {topic: [] for topic in Topic}
        self._on_the_way: set[Topic] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def publish(self, topic: Topic) -> None:
        """Wake the subscribers of this process; see ``MessageBus``."""
        # A loop that was closed without closing the bus refuses: there is nobody left to wake.
        with self._lock, contextlib.suppress(RuntimeError):
            if self._loop is not None and topic not in self._on_the_way:
                self._loop.call_soon_threadsafe(self._deliver, topic)
                self._on_the_way.add(topic)

    def subscribe(self, topic: Topic, wake: Wake) -> None:
        """Call ``wake`` after each publication; see ``MessageBus``."""
        self._wakes[topic].append(wake)

    async def start(self) -> None:
        """Deliver on the running loop from now on."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
            # What a loop before this one had on its way went away with it.
            self._on_the_way.clear()

    async def close(self) -> None:
        """Wake nobody any more."""
        with self._lock:
            self._loop = None
            self._on_the_way.clear()

    def _deliver(self, topic: Topic) -> None:
        with self._lock:
            if self._loop is None:
                return
            self._on_the_way.discard(topic)
        for wake in tuple(self._wakes[topic]):
            try:
                wake()
            except Exception as error:  # one subscriber's fault is not the others'
                _log.error("wake_failed", topic=topic.value, error=type(error).__qualname__)
