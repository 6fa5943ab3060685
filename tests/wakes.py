"""Parts for tests of message buses: counted wake-ups, and a bus that is surely connected."""

import threading
import uuid

from tests.waiting import until

from assistant.adapters.redis_message_bus import RedisMessageBus
from assistant.core.message_bus import MessageBus, Topic


class Wakes:
    """Counts the wake-ups of a topic, and keeps the threads they came on."""

    def __init__(self, bus: MessageBus, topic: Topic = Topic.HISTORY) -> None:
        self.threads: list[threading.Thread] = []
        bus.subscribe(topic, lambda: self.threads.append(threading.current_thread()))

    @property
    def count(self) -> int:
        return len(self.threads)


def unique_prefix() -> str:
    return f"assistant-test-{uuid.uuid4().hex}"


async def start_connected(bus: RedisMessageBus) -> None:
    """Start ``bus`` and wait until it listens, which it tells by one wake-up of each topic."""
    wakes = [Wakes(bus, topic) for topic in Topic]
    await bus.start()
    await until(lambda: all(wake.count for wake in wakes))
