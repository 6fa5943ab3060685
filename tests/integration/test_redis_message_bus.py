"""Wake-ups between processes: they arrive, and Redis may go away, come back or fall silent."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator

import pytest
import structlog
from tests.redis_gate import RedisGate, find_redis
from tests.waiting import turns_of_the_loop, until
from tests.wakes import Wakes, start_connected, unique_prefix

from assistant.adapters import redis_message_bus
from assistant.adapters.redis_message_bus import RedisMessageBus
from assistant.core.errors import ConfigurationError
from assistant.core.message_bus import Topic


@pytest.fixture
def redis_url() -> str:
    return find_redis()


@pytest.fixture
async def gate(redis_url: str) -> AsyncIterator[RedisGate]:
    gate = RedisGate(redis_url)
    yield gate
    gate.speak()
    await gate.shut()


@pytest.fixture
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_message_bus, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(redis_message_bus, "_LONGEST_PAUSE", 0.1)


@pytest.fixture
async def pair(redis_url: str, gate: RedisGate) -> AsyncIterator[tuple[RedisMessageBus, ...]]:
    """Two processes' buses: the first reaches Redis through the gate, the second directly."""
    prefix = unique_prefix()
    buses = tuple(RedisMessageBus(url=url, prefix=prefix) for url in (gate.url, redis_url))
    yield buses
    for bus in buses:
        await bus.close()


async def test_publication_wakes_the_other_process(
    pair: tuple[RedisMessageBus, ...], gate: RedisGate
) -> None:
    here, there = pair
    await gate.open()
    await start_connected(here)
    await start_connected(there)
    history, knowledge = Wakes(there, Topic.HISTORY), Wakes(there, Topic.KNOWLEDGE)

    await asyncio.to_thread(here.publish, Topic.HISTORY)
    await until(lambda: history.count > 0)

    assert set(history.threads) == {threading.current_thread()}
    assert knowledge.count == 0


async def test_own_publication_does_not_come_back_from_redis(
    pair: tuple[RedisMessageBus, ...], gate: RedisGate
) -> None:
    here, there = pair
    await gate.open()
    await start_connected(here)
    await start_connected(there)
    own, others = Wakes(here, Topic.HISTORY), Wakes(here, Topic.KNOWLEDGE)
    arrived = Wakes(there, Topic.HISTORY)

    here.publish(Topic.HISTORY)
    await until(lambda: arrived.count > 0)
    there.publish(Topic.KNOWLEDGE)
    await until(lambda: others.count > 0)

    assert own.count == 1


async def test_prefixes_keep_services_apart(redis_url: str) -> None:
    prefix = unique_prefix()
    ours, also_ours = (RedisMessageBus(url=redis_url, prefix=prefix) for _ in range(2))
    theirs = RedisMessageBus(url=redis_url, prefix=unique_prefix())
    for bus in (ours, also_ours, theirs):
        await start_connected(bus)
    arrived, stranger = Wakes(also_ours), Wakes(theirs)

    ours.publish(Topic.HISTORY)
    await until(lambda: arrived.count > 0)

    assert stranger.count == 0
    for bus in (ours, also_ours, theirs):
        await bus.close()


@pytest.mark.usefixtures("_short_pauses")
async def test_redis_that_comes_later_is_found(
    pair: tuple[RedisMessageBus, ...], gate: RedisGate
) -> None:
    here, there = pair
    await there.start()
    await here.start()
    own = Wakes(here)
    here.publish(Topic.HISTORY)
    await asyncio.sleep(0.1)
    assert own.count == 1

    await gate.open()
    await until(lambda: own.count > 1)  # something may have been missed: each topic is woken

    wakes = Wakes(here, Topic.KNOWLEDGE)
    there.publish(Topic.KNOWLEDGE)
    await until(lambda: wakes.count > 0)


@pytest.mark.usefixtures("_short_pauses")
async def test_broken_connection_is_made_again_in_both_directions(
    pair: tuple[RedisMessageBus, ...], gate: RedisGate
) -> None:
    here, there = pair
    await gate.open()
    await start_connected(here)
    await start_connected(there)
    own = Wakes(here)

    with structlog.testing.capture_logs() as lines:
        await gate.shut()
        for _ in range(20):
            here.publish(Topic.HISTORY)
            await asyncio.sleep(0.01)
        assert own.count == 20, "the own process needs no Redis"
        await gate.open()
        await until(lambda: own.count > 20)
        there_wakes = Wakes(there)
        while not there_wakes.count:
            here.publish(Topic.HISTORY)
            await asyncio.sleep(0.02)
        here_wakes = Wakes(here, Topic.KNOWLEDGE)
        there.publish(Topic.KNOWLEDGE)
        await until(lambda: here_wakes.count > 0)

    assert [line["event"] for line in lines] == ["redis_unreachable", "redis_reachable"]
    assert set(lines[0]) == {"event", "log_level", "error"}


@pytest.mark.usefixtures("_short_pauses")
async def test_connection_that_no_longer_answers_is_given_up(
    pair: tuple[RedisMessageBus, ...], gate: RedisGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_message_bus, "_QUIET_SECONDS", 0.05)
    here = pair[0]
    await gate.open()
    await start_connected(here)
    await asyncio.sleep(0.2)
    assert here._reachable, "a quiet Redis that answers is left alone"

    monkeypatch.setattr(redis_message_bus, "_ANSWER_SECONDS", 0.05)
    gate.silence()
    await until(lambda: not here._reachable)
    gate.speak()

    await until(lambda: here._reachable)


async def test_closing_does_not_wait_for_redis_that_is_silent(
    pair: tuple[RedisMessageBus, ...], gate: RedisGate
) -> None:
    await gate.open()
    await start_connected(pair[0])
    gate.silence()
    pair[0].publish(Topic.HISTORY)
    await turns_of_the_loop()

    async with asyncio.timeout(2):
        await pair[0].close()


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'reciprocal-assistant\[redis\]'"):
        RedisMessageBus(url="redis://127.0.0.1")


@pytest.mark.parametrize("url", ["bus://ada:secret@shop.example", "redis://:secret@[::1", "secret"])
def test_wrong_address_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="ASSISTANT_REDIS_URL") as caught:
        RedisMessageBus(url=url)

    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__
