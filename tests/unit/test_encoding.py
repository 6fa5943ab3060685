"""The encoding service: batches of what waits, each result to its caller, bounded, cancellable."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from tests.fakes.embedder import HashingEmbedder
from tests.fakes.gated_embedder import GatedEmbedder

from assistant.core.errors import Overloaded
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.encoding import EncodingService


@pytest.fixture
def embedder() -> GatedEmbedder:
    return GatedEmbedder()


@pytest.fixture
def service(embedder: GatedEmbedder) -> Iterator[EncodingService]:
    service = EncodingService(embedder=embedder, queue_limit=64, batch_limit=32)
    yield service
    embedder.gate.set()
    service.close()


async def hold_the_thread(
    service: EncodingService, embedder: GatedEmbedder
) -> asyncio.Task[Vectors]:
    """Let the thread enter a batch of its own, so that everything after it waits."""
    task = asyncio.create_task(service.encode(["first"]))
    await asyncio.to_thread(embedder.entered.acquire)
    return task


def expected(*texts: str) -> Vectors:
    return HashingEmbedder().encode(texts)


async def test_64_concurrent_callers_each_get_their_own_rows(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    embedder.gate.set()

    async def call(number: int) -> None:
        texts = [f"question {number} part {part}" for part in range(number % 3 + 1)]
        for _ in range(3):
            try:
                rows = await service.encode(texts)
            except Overloaded:
                await asyncio.sleep(0.01)
                continue
            np.testing.assert_array_equal(rows, expected(*texts))

    await asyncio.gather(*(call(number) for number in range(64)))
    assert len(embedder.threads) == 1


async def test_what_waits_is_one_batch_across_callers(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    first = await hold_the_thread(service, embedder)
    waiting = [asyncio.create_task(service.encode([f"text {n}"])) for n in range(10)]
    await asyncio.sleep(0)
    embedder.gate.set()

    await asyncio.gather(first, *waiting)

    assert [len(batch) for batch in embedder.batches] == [1, 10]


async def test_lone_caller_waits_for_nobody(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    embedder.gate.set()

    await service.encode(["alone"])

    assert embedder.batches == [["alone"]]


async def test_batch_is_capped(service: EncodingService, embedder: GatedEmbedder) -> None:
    first = await hold_the_thread(service, embedder)
    many = asyncio.create_task(service.encode([f"text {n}" for n in range(50)]))
    await asyncio.sleep(0)
    embedder.gate.set()

    rows = await many

    await first
    assert [len(batch) for batch in embedder.batches] == [1, 32, 18]
    np.testing.assert_array_equal(rows[49], expected("text 49")[0])


async def test_full_queue_refuses_and_serves_on(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    first = await hold_the_thread(service, embedder)
    waiting = [asyncio.create_task(service.encode([f"text {n}"])) for n in range(64)]
    await asyncio.sleep(0)

    with pytest.raises(Overloaded) as caught:
        await service.encode(["one too many"])

    assert caught.value.retry_after == 1
    embedder.gate.set()
    await asyncio.gather(first, *waiting)
    np.testing.assert_array_equal(await service.encode(["later"]), expected("later"))


async def test_event_loop_runs_on_while_a_batch_is_encoded(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    first = await hold_the_thread(service, embedder)

    ticks = 0
    while ticks < 20:
        await asyncio.sleep(0.001)
        ticks += 1

    assert not first.done()
    embedder.gate.set()
    await first


async def test_cancelled_caller_breaks_nobody_and_is_not_encoded(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    first = await hold_the_thread(service, embedder)
    leaver = asyncio.create_task(service.encode(["gone"]))
    stayer = asyncio.create_task(service.encode(["here"]))
    await asyncio.sleep(0)
    leaver.cancel()
    await asyncio.sleep(0)
    first.cancel()
    embedder.gate.set()

    np.testing.assert_array_equal(await stayer, expected("here"))
    with pytest.raises(asyncio.CancelledError):
        await leaver
    assert embedder.batches == [["first"], ["here"]]


async def test_only_cancelled_callers_waiting_does_not_end_the_thread(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    first = await hold_the_thread(service, embedder)
    leaver = asyncio.create_task(service.encode(["gone"]))
    await asyncio.sleep(0)
    leaver.cancel()
    await asyncio.sleep(0)
    embedder.gate.set()
    await first

    np.testing.assert_array_equal(await service.encode(["next"]), expected("next"))


async def test_failing_text_fails_its_own_caller_only(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    first = await hold_the_thread(service, embedder)
    poisoned = asyncio.create_task(service.encode(["fine", "poison"]))
    sound = asyncio.create_task(service.encode(["sound"]))
    await asyncio.sleep(0)
    embedder.gate.set()

    np.testing.assert_array_equal(await sound, expected("sound"))
    with pytest.raises(ValueError, match="cannot encode"):
        await poisoned
    await first


async def test_same_text_is_encoded_once_and_then_remembered(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    first = await hold_the_thread(service, embedder)
    waiting = [asyncio.create_task(service.encode(["same", "same"])) for _ in range(3)]
    await asyncio.sleep(0)
    embedder.gate.set()
    await asyncio.gather(first, *waiting)

    again = await service.encode(["same"])

    np.testing.assert_array_equal(again, expected("same"))
    assert embedder.batches == [["first"], ["same"]]


async def test_forgotten_text_is_encoded_again(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    embedder.gate.set()
    await service.encode(["said once"])

    service.forget()
    await service.encode(["said once"])

    assert embedder.batches == [["said once"], ["said once"]]


async def test_cache_is_bounded() -> None:
    embedder = HashingEmbedder()
    service = EncodingService(embedder=embedder, cache_size=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        await service.encode([text])
    service.close()

    assert embedder.encoded == ["a", "b", "c", "b"]


async def test_changing_a_result_does_not_change_the_cache(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    embedder.gate.set()
    rows = await service.encode(["mine"])
    rows[:] = 0

    np.testing.assert_array_equal(await service.encode(["mine"]), expected("mine"))


async def test_customers_go_before_an_index_that_is_built(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    first = await hold_the_thread(service, embedder)
    texts = [f"passage {n}" for n in range(80)]
    bulk = asyncio.create_task(asyncio.to_thread(service.encode_now, texts))
    while not service._portions:  # noqa: ASYNC110  # the other thread has no event to wait for
        await asyncio.sleep(0.001)
    question = asyncio.create_task(service.encode(["question"]))
    await asyncio.sleep(0)
    embedder.gate.set()

    await asyncio.gather(first, question)
    rows = await bulk

    assert embedder.batches[1] == ["question"]
    np.testing.assert_array_equal(rows, expected(*texts))


def test_bulk_reports_progress_and_keeps_the_order(
    service: EncodingService, embedder: GatedEmbedder
) -> None:
    embedder.gate.set()
    seen: list[int] = []
    texts = ["word " * (number % 7) + str(number) for number in range(70)]

    rows = service.encode_now(texts, on_progress=seen.append)

    np.testing.assert_array_equal(rows, expected(*texts))
    assert seen == sorted(seen)
    assert seen[-1] == 70
    assert service.encode_now([]).shape == (0, embedder.dimensions)


def test_bulk_error_reaches_its_caller(service: EncodingService, embedder: GatedEmbedder) -> None:
    embedder.gate.set()

    with pytest.raises(ValueError, match="cannot encode"):
        service.encode_now(["poison"])

    np.testing.assert_array_equal(service.encode_now(["sound"]), expected("sound"))


async def test_closing_refuses_who_waits_and_who_comes(embedder: GatedEmbedder) -> None:
    service = EncodingService(embedder=embedder)
    first = await hold_the_thread(service, embedder)
    waiting = asyncio.create_task(service.encode(["waiting"]))
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(service.close))
    await asyncio.sleep(0.05)
    embedder.gate.set()
    await closing

    np.testing.assert_array_equal(await first, expected("first"))
    with pytest.raises(Overloaded):
        await waiting
    with pytest.raises(Overloaded):
        await service.encode(["late"])
    with pytest.raises(Overloaded):
        service.encode_now(["late"])
