"""Small parts of the web layer on their own: text, origins, languages, limits, lag, shutdown."""

import asyncio
from datetime import UTC, datetime
from typing import cast

import orjson
import pytest
from aiohttp import web

from assistant.core.errors import (
    IndexDamaged,
    InvalidInput,
    Overloaded,
    TextTooLong,
    TooManyRequests,
)
from assistant.core.ids import ConversationId
from assistant.dialogue.turns import Citation, Reply, Sentence, StoredTurn, join_sentences
from assistant.web.chat_outbox import Outbox
from assistant.web.in_flight import InFlight
from assistant.web.loop_lag import sample_loop_lag
from assistant.web.metrics import Metrics
from assistant.web.problems import describe
from assistant.web.rate_limits import PerMinute
from assistant.web.replies import delta_frames, stored_turn_body
from assistant.web.turns import clean_text
from assistant.web.wire import written


def reply_of(*texts: str) -> Reply:
    return Reply(
        turn_id="t",
        conversation=ConversationId("c"),
        sentences=tuple(Sentence(text, ("c1",)) for text in texts),
        state="answered",
        citations=(Citation("c1", "passage", "Returns", "articles/returns.md"),),
    )


@pytest.mark.parametrize(
    "texts", [(), ("One.",), ("One.", "Two."), ("You can:", "- send it", "- bring it", "Bye.")]
)
def test_deltas_in_a_row_are_the_text_of_the_reply(texts: tuple[str, ...]) -> None:
    reply = reply_of(*texts)

    frames = list(delta_frames(reply))

    assert "".join(str(frame["text"]) for frame in frames) == join_sentences(reply.sentences)
    assert [frame["index"] for frame in frames] == list(range(len(texts)))


def test_stored_turn_without_a_reply_says_so() -> None:
    turn = StoredTurn("t", 3, "Hi", datetime(2025, 3, 1, tzinfo=UTC), None)

    assert stored_turn_body(turn) == {
        "turn_id": "t",
        "seq": 3,
        "text": "Hi",
        "at": "2025-03-01T00:00:00.000Z",
        "reply": None,
    }


def test_text_loses_control_characters_and_keeps_lines() -> None:
    assert clean_text("a\x00\x1bb\n\tc\x7f") == "ab\n\tc"
    with pytest.raises(InvalidInput):
        clean_text(" \x00\n ")
    with pytest.raises(TextTooLong):
        clean_text("x" * 4001)
    assert clean_text("x" * 4000)


def test_rate_is_kept_per_key_and_says_how_long_to_wait() -> None:
    rate = PerMinute(allowed=2, what="turns")

    rate.take("ada")
    rate.take("ada")
    rate.take("ben")
    with pytest.raises(TooManyRequests) as refused:
        rate.take("ada")

    assert refused.value.retry_after is not None
    assert 1 <= refused.value.retry_after <= 60


async def test_lag_sampler_notices_a_blocked_loop() -> None:
    seen: list[float] = []
    sampler = asyncio.create_task(sample_loop_lag(seen.append, interval=0.01))
    await asyncio.sleep(0.05)

    busy_until = asyncio.get_running_loop().time() + 0.1
    while asyncio.get_running_loop().time() < busy_until:
        pass
    await asyncio.sleep(0.02)
    sampler.cancel()

    assert max(seen) > 0.05


async def test_work_goes_on_when_its_caller_is_cancelled() -> None:
    in_flight, gate, done = InFlight(), asyncio.Event(), []

    async def work() -> None:
        await gate.wait()
        done.append(True)

    caller = asyncio.create_task(in_flight.complete(work()))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.sleep(0)
    gate.set()
    unfinished = await in_flight.drain(timeout=1)

    assert caller.cancelled()
    assert done == [True]
    assert unfinished == 0


async def test_drain_tells_what_did_not_finish() -> None:
    in_flight = InFlight()
    in_flight.start(asyncio.sleep(60))

    assert await in_flight.drain(timeout=0.01) == 1


async def test_write_to_a_client_that_is_gone_or_stuck_is_no_error() -> None:
    async def reset() -> None:
        raise ConnectionResetError

    assert not await written(reset(), within=1)
    assert not await written(asyncio.sleep(60), within=0.01)
    assert await written(asyncio.sleep(0), within=1)


class RecordingSocket:
    """Stands in for a WebSocket; keeps what was sent and how it was closed."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.closed_with: list[int] = []

    async def send_frame(self, content: bytes, kind: object) -> None:
        self.sent.append(orjson.loads(content)["type"])

    async def close(self, *, code: int, message: bytes) -> None:
        self.closed_with.append(code)


def outbox_of(socket: RecordingSocket, *, alive: bool = True, capacity: int = 8) -> Outbox:
    return Outbox(
        socket=cast("web.WebSocketResponse", socket),
        abort=lambda: socket.closed_with.append(-1),
        may_send_personal=lambda: alive,
        capacity=capacity,
        send_timeout=1,
    )


async def test_outbox_sends_nothing_personal_after_the_token() -> None:
    socket = RecordingSocket()
    outbox = outbox_of(socket, alive=False)

    for kind in ("welcome", "reply.delta", "reply", "message", "notice", "problem"):
        outbox.send({"type": kind})
    outbox.close(4401, "expired")
    await outbox.finished()

    assert socket.sent == ["notice", "problem"]
    assert socket.closed_with == [4401]


async def test_outbox_that_is_full_drops_its_client() -> None:
    socket = RecordingSocket()
    outbox = outbox_of(socket, capacity=2)

    for _ in range(3):
        outbox.send({"type": "reply"})
    await outbox.finished()

    assert socket.sent == []
    assert socket.closed_with == [-1, 1013]


def test_metrics_show_every_name_from_the_start() -> None:
    metrics = Metrics()
    metrics.watch("assistant_writer_queue_length", "Writes that wait.", lambda: 7)
    metrics.observe_stage("encode", 0.002)

    text = metrics.render().decode()

    for name in (
        "assistant_http_requests_total",
        "assistant_turn_stage_seconds",
        "assistant_event_loop_lag_seconds",
        "assistant_chat_sockets",
        "assistant_writer_queue_length 7.0",
    ):
        assert name in text


@pytest.mark.parametrize("kind", [Overloaded, IndexDamaged])
def test_problem_of_the_service_does_not_tell_where_its_parts_are(
    kind: type[Overloaded | IndexDamaged],
) -> None:
    members = describe(kind("the database 'postgresql://robin@db.example' does not answer"))

    assert "db.example" not in str(members)
