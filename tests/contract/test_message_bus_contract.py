"""What every ``core.message_bus.MessageBus`` keeps to, whether Redis is there, away or failing."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest
import structlog
from tests.redis_gate import find_redis, unused_port
from tests.waiting import turns_of_the_loop, until
from tests.wakes import Wakes, start_connected, unique_prefix

from assistant.adapters.local_message_bus import LocalMessageBus
from assistant.adapters.redis_message_bus import RedisMessageBus
from assistant.core.message_bus import MessageBus, Topic

Make = Callable[[], MessageBus]


@pytest.fixture(params=["local", "redis", "redis away"])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param == "local":
        return LocalMessageBus
    if request.param == "redis":
        url = find_redis()
        return lambda: RedisMessageBus(url=url, prefix=unique_prefix())
    return lambda: RedisMessageBus(url=f"redis://127.0.0.1:{unused_port()}")


@pytest.fixture
async def bus(make: Make, request: pytest.FixtureRequest) -> AsyncIterator[MessageBus]:
    bus = make()
    if isinstance(bus, RedisMessageBus) and request.node.callspec.params["make"] == "redis":
        await start_connected(bus)
    else:
        await bus.start()
    yield bus
    await bus.close()


async def test_publication_wakes_every_subscriber_of_the_topic(bus: MessageBus) -> None:
    first, second = Wakes(bus), Wakes(bus)

    bus.publish(Topic.HISTORY)

    await until(lambda: bool(first.count and second.count))


async def test_publication_does_not_wake_subscribers_of_other_topics(bus: MessageBus) -> None:
    history, knowledge = Wakes(bus, Topic.HISTORY), Wakes(bus, Topic.KNOWLEDGE)

    bus.publish(Topic.KNOWLEDGE)
    await until(lambda: knowledge.count > 0)

    assert history.count == 0


async def test_publication_of_another_thread_wakes_on_the_event_loop(bus: MessageBus) -> None:
    wakes = Wakes(bus)

    await asyncio.to_thread(bus.publish, Topic.HISTORY)
    await until(lambda: wakes.count > 0)

    assert set(wakes.threads) == {threading.current_thread()}


async def test_publication_during_a_wake_up_is_not_lost(bus: MessageBus) -> None:
    wakes = Wakes(bus)
    left = [Topic.HISTORY]
    bus.subscribe(Topic.HISTORY, lambda: bus.publish(left.pop()) if left else None)

    bus.publish(Topic.HISTORY)

    await until(lambda: wakes.count >= 2)


async def test_every_publication_is_followed_by_a_wake_up(bus: MessageBus) -> None:
    published: list[int] = []
    seen: list[int] = []
    bus.subscribe(Topic.HISTORY, lambda: seen.append(len(published)))

    def publish() -> None:
        for _ in range(200):
            published.append(1)
            bus.publish(Topic.HISTORY)

    await asyncio.gather(*(asyncio.to_thread(publish) for _ in range(8)))

    await until(lambda: bool(seen) and seen[-1] == 1_600)


async def test_many_publications_close_together_leave_little_to_do(bus: MessageBus) -> None:
    wakes = Wakes(bus)

    for _ in range(10_000):
        bus.publish(Topic.HISTORY)
    await turns_of_the_loop()

    assert wakes.count == 1


async def test_failing_subscriber_does_not_keep_others_from_being_woken(bus: MessageBus) -> None:
    def fail() -> None:
        raise ValueError("Ada Alder called about her kettle")

    bus.subscribe(Topic.HISTORY, fail)
    wakes = Wakes(bus)

    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            before = wakes.count
            bus.publish(Topic.HISTORY)
            await until(lambda seen=before: wakes.count > seen)

    failures = [line for line in lines if line["event"] == "wake_failed"]
    assert [line["error"] for line in failures] == ["ValueError", "ValueError"]
    assert "Ada" not in str(lines)


async def test_subscription_after_the_start_holds(bus: MessageBus) -> None:
    bus.publish(Topic.HISTORY)
    await turns_of_the_loop()
    late = Wakes(bus)

    bus.publish(Topic.HISTORY)

    await until(lambda: late.count > 0)


async def test_nothing_is_carried_before_the_start(make: Make) -> None:
    bus = make()
    wakes = Wakes(bus)

    bus.publish(Topic.HISTORY)
    await turns_of_the_loop()
    await bus.close()

    assert wakes.count == 0


async def test_nobody_is_woken_after_the_close(make: Make) -> None:
    bus = make()
    wakes = Wakes(bus)
    await bus.start()
    bus.publish(Topic.HISTORY)

    await bus.close()
    before = wakes.count
    bus.publish(Topic.HISTORY)
    await turns_of_the_loop()
    await bus.close()

    assert wakes.count == before


def test_publication_to_a_loop_that_is_gone_is_no_error(make: Make) -> None:
    bus = make()
    asyncio.run(bus.start())

    for _ in range(2):
        bus.publish(Topic.HISTORY)


def test_what_a_loop_took_with_it_does_not_silence_the_next_one() -> None:
    bus = LocalMessageBus()
    wakes = Wakes(bus)

    async def publish_and_end() -> None:
        await bus.start()
        asyncio.get_running_loop().stop()
        bus.publish(Topic.HISTORY)

    async def publish_again() -> None:
        await bus.start()
        bus.publish(Topic.HISTORY)
        await until(lambda: wakes.count > 0)

    loop = asyncio.new_event_loop()
    task = loop.create_task(publish_and_end())
    loop.run_forever()
    assert task.done()
    loop.close()
    asyncio.run(publish_again())
