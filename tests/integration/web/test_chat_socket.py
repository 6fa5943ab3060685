"""The chat socket: protocol, resume, token life, order, shutdown."""

import asyncio
from datetime import timedelta

import pytest
from tests.integration.web.conftest import (
    Client,
    Serve,
    Shop,
    close_code,
    make_token,
    next_frame,
    say_hello,
)

from assistant.web.auth import KnownVisitor, Tokens
from assistant.web.services import WebLimits


async def test_turn_gets_typing_then_its_text_then_the_reply(client: Client) -> None:
    socket, welcome = await say_hello(client)

    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Where is it?"})

    assert (await next_frame(socket))["type"] == "typing"
    delta, reply = await next_frame(socket), await next_frame(socket)
    assert [delta["type"], reply["type"]] == ["reply.delta", "reply"]
    assert delta["text"] == reply["text"]
    assert delta["citations"] == [c for s in reply["sentences"] for c in s["citations"]]
    assert reply["turn_id"] == "t1"
    assert reply["conversation"] == welcome["conversation"]
    assert reply["used"] == [{"id": "e1", "category": "orders", "purpose": "answer_from_history"}]
    assert welcome["assistant"] == "ai"


async def test_known_turn_id_gives_the_stored_reply_and_other_words_a_conflict(
    client: Client, shop: Shop
) -> None:
    socket, _ = await say_hello(client)
    turn = {"type": "turn", "turn_id": "t1", "text": "Hello there"}

    await socket.send_json(turn)
    first = await next_frame(socket, "reply")
    await socket.send_json(turn)
    again = await next_frame(socket, "reply")
    await socket.send_json({**turn, "text": "Other words"})
    conflict = await next_frame(socket, "problem")

    assert first == again
    assert (conflict["code"], conflict["turn_id"]) == ("conflict", "t1")
    assert sum(map(len, shop.turns.turns.values())) == 1


async def test_turn_in_flight_when_the_socket_drops_is_found_at_resume(
    client: Client, shop: Shop
) -> None:
    shop.turns.gate = asyncio.Event()
    socket, welcome = await say_hello(client)
    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Are you there?"})
    await next_frame(socket, "typing")
    await socket.send_json({"type": "turn", "turn_id": "t2", "text": "And this?"})
    await next_frame(socket, "typing")

    assert socket._response.connection is not None
    socket._response.connection.transport.abort()
    shop.turns.gate.set()
    await asyncio.sleep(0.1)
    _, resumed = await say_hello(client, last_seen=0)

    assert resumed["conversation"] == welcome["conversation"]
    assert [turn["turn_id"] for turn in resumed["resume"]] == ["t1", "t2"]
    assert all(turn["reply"] is not None for turn in resumed["resume"])


@pytest.mark.parametrize("last_seen", [1, "t1"])
async def test_resume_begins_after_the_last_seen_turn(client: Client, last_seen: object) -> None:
    socket, welcome = await say_hello(client)
    for turn_id in ("t1", "t2"):
        await socket.send_json({"type": "turn", "turn_id": turn_id, "text": "Hi"})
        await next_frame(socket, "reply")

    _, resumed = await say_hello(client, last_seen=last_seen, conversation=welcome["conversation"])

    assert [turn["turn_id"] for turn in resumed["resume"]] == ["t2"]


async def test_another_customer_resumes_nothing(client: Client) -> None:
    socket, welcome = await say_hello(client)
    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Mine alone"})
    await next_frame(socket, "reply")

    _, other = await say_hello(
        client,
        token=make_token("ben@customers.example"),
        last_seen=0,
        conversation=welcome["conversation"],
    )

    assert other["resume"] == []


async def test_turns_of_one_socket_run_one_at_a_time_and_of_many_together(
    client: Client, shop: Shop
) -> None:
    shop.turns.gate = asyncio.Event()
    socket, _ = await say_hello(client)
    for number in range(3):
        await socket.send_json({"type": "turn", "turn_id": f"a{number}", "text": "Hi"})
    other, _ = await say_hello(client, token=make_token("ben@customers.example"))
    await other.send_json({"type": "turn", "turn_id": "b", "text": "Hi"})
    await next_frame(other, "typing")
    await asyncio.sleep(0.05)

    running = shop.turns.running
    shop.turns.gate.set()
    replies = [(await next_frame(socket, "reply"))["turn_id"] for _ in range(3)]

    assert running == 2
    assert replies == ["a0", "a1", "a2"]


async def test_too_many_waiting_turns_are_told_to_wait(serve: Serve, shop: Shop) -> None:
    shop.turns.gate = asyncio.Event()
    shop.limits = WebLimits(waiting_turns=2)
    socket, _ = await say_hello(await serve(shop))

    for number in range(5):
        await socket.send_json({"type": "turn", "turn_id": f"t{number}", "text": "Hi"})
    problem = await next_frame(socket, "problem")
    shop.turns.gate.set()

    assert problem["code"] == "overloaded"
    assert problem["retry_after"] == 1


async def test_expiring_token_is_announced_and_renewed_by_its_own_person_only(
    serve: Serve, shop: Shop
) -> None:
    client = await serve(shop)
    shop.clock.by = timedelta(seconds=250)
    now = int(shop.clock().timestamp())
    socket, _ = await say_hello(client, token=make_token(iat=now - 200, exp=now + 50))

    notice = await next_frame(socket)
    await socket.send_json({"type": "token", "token": make_token("ben@customers.example")})
    refused = await next_frame(socket)
    await socket.send_json({"type": "token", "token": make_token(exp=now + 100)})
    renewed = await next_frame(socket)

    assert (notice["type"], notice["code"]) == ("notice", "token_expiring")
    assert (refused["type"], refused["code"]) == ("problem", "not_allowed")
    assert (renewed["type"], renewed["code"]) == ("notice", "token_renewed")


async def test_nothing_personal_leaves_after_expiry_and_the_socket_closes_with_4401(
    client: Client, shop: Shop
) -> None:
    shop.turns.gate = asyncio.Event()
    now = int(shop.clock().timestamp())
    socket, _ = await say_hello(client, token=make_token(iat=now - 10, exp=now + 2))
    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Slow one"})
    await next_frame(socket, "typing")

    await asyncio.sleep(0.2)
    shop.clock.by = timedelta(seconds=5)
    shop.turns.gate.set()
    kinds = []
    while (message := await socket.receive(timeout=5)).type.name == "TEXT":
        kinds.append(message.json()["type"])
    _, resumed = await say_hello(client, token=make_token(iat=now, exp=now + 200))

    assert socket.close_code == 4401
    assert "reply" not in kinds
    assert "reply.delta" not in kinds
    assert [turn["turn_id"] for turn in resumed["resume"]] == ["t1"]


async def test_customer_comes_into_being_with_the_first_message(client: Client, shop: Shop) -> None:
    socket, _ = await say_hello(client)
    assert shop.customers.known == {}

    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Hi"})
    await next_frame(socket, "reply")

    assert list(shop.customers.known) == ["ada@customers.example"]


async def test_visitor_chats_with_a_token_of_our_own_and_comes_back(
    client: Client, shop: Shop
) -> None:
    visit = await (await client.post("/v1/visitors")).json()
    socket, _ = await say_hello(client, token=visit["token"])
    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Do you deliver?"})
    await next_frame(socket, "reply")

    again = await client.post("/v1/visitors", json={"renewal": visit["renewal"]})
    _, resumed = await say_hello(client, token=(await again.json())["token"])

    tokens = Tokens(config=shop.identity, clock=shop.clock)
    caller = tokens.verify(visit["token"])
    assert isinstance(caller, KnownVisitor)
    assert again.status == 200
    assert [turn["turn_id"] for turn in resumed["resume"]] == ["t1"]


async def test_feedback_and_handoff_are_noted_and_later_frames_are_named_as_such(
    client: Client, shop: Shop
) -> None:
    socket, welcome = await say_hello(client)
    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Hi"})
    await next_frame(socket, "reply")

    await socket.send_json({"type": "feedback", "turn_id": "t1", "helped": True})
    noted = await next_frame(socket)
    await socket.send_json({"type": "handoff"})
    requested = await next_frame(socket)
    await socket.send_json({"type": "act", "card": "x"})
    later = await next_frame(socket)
    await socket.send_json({"type": "feedback", "turn_id": "never", "helped": True})
    unknown = await next_frame(socket)

    assert noted == {"type": "notice", "code": "feedback_noted", "turn_id": "t1"}
    assert requested["code"] == "handoff_requested"
    assert list(shop.turns.handoffs) == [
        (shop.customers.known["ada@customers.example"], welcome["conversation"])
    ]
    assert later["code"] == "not_available"
    assert unknown["code"] == "not_found"


async def test_shutdown_finishes_turns_in_flight_before_it_closes(serve: Serve, shop: Shop) -> None:
    shop.turns.gate = asyncio.Event()
    closed: list[int] = []

    async def close() -> None:
        closed.append(sum(map(len, shop.turns.turns.values())))

    shop.overrides["close"] = close
    client = await serve(shop)
    socket, _ = await say_hello(client)
    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Last words"})
    await next_frame(socket, "typing")

    stopping = asyncio.create_task(client.server.close())
    await asyncio.sleep(0.1)
    shop.turns.gate.set()
    reply = await next_frame(socket, "reply")
    code = await close_code(socket)
    await stopping

    assert reply["turn_id"] == "t1"
    assert code == 1001
    assert closed == [1]


async def test_client_that_does_not_read_is_dropped_and_harms_nobody(
    serve: Serve, shop: Shop
) -> None:
    shop.limits = WebLimits(outgoing_frames=4, send_timeout=0.5, turns_per_minute=1000)
    client = await serve(shop)
    slow, _ = await say_hello(client)
    assert slow._response.connection is not None
    slow._response.connection.transport.pause_reading()

    text = "x" * 4000
    for number in range(400):
        try:
            await slow.send_json({"type": "turn", "turn_id": f"s{number}", "text": text})
        except ConnectionResetError:
            break
        await asyncio.sleep(0)
    quick, _ = await say_hello(client, token=make_token("ben@customers.example"))
    await quick.send_json({"type": "turn", "turn_id": "t1", "text": "Hi"})

    assert (await next_frame(quick, "reply"))["turn_id"] == "t1"


async def test_failure_inside_a_turn_is_a_problem_frame_and_the_socket_lives_on(
    client: Client, shop: Shop
) -> None:
    socket, _ = await say_hello(client)
    shop.turns.fail_with = ZeroDivisionError("the canary words")
    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Hi"})
    problem = await next_frame(socket, "problem")
    shop.turns.fail_with = None
    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Hi"})

    assert (problem["code"], problem["turn_id"]) == ("internal", "t1")
    assert "canary" not in str(problem)
    assert (await next_frame(socket, "reply"))["turn_id"] == "t1"
