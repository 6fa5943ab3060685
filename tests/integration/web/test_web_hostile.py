"""Whatever is sent: never a 5xx, never a silent end, never a lost acknowledged turn."""

import asyncio
import contextlib
import os
import socket as sockets

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from tests.integration.web.conftest import (
    Client,
    Serve,
    Shop,
    bearer,
    close_code,
    make_token,
    next_frame,
    say_hello,
)

from assistant.web.services import WebLimits

NONSENSE = [
    "",
    "{",
    "null",
    "7",
    "[]",
    '"turn"',
    "{}",
    '{"type": 7}',
    '{"type": null}',
    '{"type": ["turn"]}',
    '{"type": {"turn": 1}}',
    '{"type": "hello", "token": "x"}',
    '{"type": "turn"}',
    '{"type": "turn", "turn_id": "", "text": "x"}',
    '{"type": "turn", "turn_id": "a\\u0000b", "text": "x"}',
    '{"type": "turn", "turn_id": "a", "text": {"x": 1}}',
    '{"type": "turn", "turn_id": "a", "text": "\\u0000\\u0001"}',
    '{"type": "turn", "turn_id": "a", "text": "\\ud800"}',
    '{"type": "turn", "turn_id": "a", "text": "' + "x" * 4001 + '"}',
    '{"type": "turn", "turn_id": "a", "text": "x", "lang": "../../etc"}',
    '{"type": "token", "token": "x"}',
    '{"type": "token"}',
    '{"type": "feedback", "turn_id": "a", "helped": "yes"}',
    '{"type": "handoff", "reason": "free text"}',
    '{"type": "act", "action": "x"}',
    '{"type": "__class__"}',
    "[" * 20_000,
    '{"a":' * 20_000,
    "x" * 1_000_000,
    "\x00" * 100,
]


@pytest.mark.parametrize("frame", NONSENSE, ids=range(len(NONSENSE)))
async def test_every_malformed_frame_gets_a_problem_and_the_socket_goes_on(
    client: Client, frame: str
) -> None:
    socket, _ = await say_hello(client)

    await socket.send_str(frame)
    problem = await next_frame(socket)
    await socket.send_json({"type": "turn", "turn_id": "good", "text": "Hi"})

    assert problem["type"] == "problem"
    assert problem["code"] not in ("internal",)
    assert (await next_frame(socket, "reply"))["turn_id"] == "good"


async def test_large_frame_is_refused_by_its_size(client: Client) -> None:
    socket, _ = await say_hello(client)

    await socket.send_json({"type": "ping", "padding": "x" * 70_000})

    assert (await next_frame(socket))["code"] == "payload_too_large"


async def test_binary_frames_are_refused_in_words(client: Client) -> None:
    socket, _ = await say_hello(client)

    await socket.send_bytes(b"\xff\xfe\x00")

    assert (await next_frame(socket))["code"] == "invalid_input"


async def test_broken_utf8_in_a_text_frame_gets_a_problem(client: Client) -> None:
    socket, _ = await say_hello(client)

    await socket.send_frame(b'{"type": "turn", "text": "\xff\xfe"}', WSMsgType.TEXT)

    assert (await next_frame(socket))["code"] == "invalid_input"


async def test_enormous_frame_ends_with_a_code_and_loses_no_turn(client: Client) -> None:
    socket, _ = await say_hello(client)
    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Hi"})
    await next_frame(socket, "reply")

    with contextlib.suppress(ConnectionError):  # cut off while it still sends
        await socket.send_str("x" * 5_000_000)
        assert await close_code(socket) in (1009, 1006)
    _, resumed = await say_hello(client)

    assert [turn["turn_id"] for turn in resumed["resume"]] == ["t1"]


async def test_endless_nonsense_ends_the_socket_with_a_reason(serve: Serve, shop: Shop) -> None:
    shop.limits = WebLimits(malformed_frames=5)
    socket, _ = await say_hello(await serve(shop))

    for _ in range(10):
        await socket.send_str("{")

    assert await close_code(socket) == 1008


@pytest.mark.parametrize(
    "first",
    [
        "{",
        '{"type": "turn", "turn_id": "a", "text": "x"}',
        '{"type": "hello"}',
        '{"type": "hello", "token": 7}',
        '{"type": "hello", "token": "x.y.z"}',
        '{"type": "hello", "token": "%s", "last_seen": -1}',
        '{"type": "hello", "token": "%s", "last_seen": 1e300}',
        '{"type": "hello", "token": "%s", "conversation": "mine"}',
        "x" * 1_000_000,
    ],
)
async def test_bad_hello_gets_a_problem_and_then_the_end(client: Client, first: str) -> None:
    socket = await client.ws_connect("/v1/chat")

    await socket.send_str(first.replace("%s", make_token()))
    problem = await socket.receive_json(timeout=5)

    assert problem["type"] == "problem"
    assert await close_code(socket) in (4401, 1008)


async def test_expired_and_foreign_tokens_get_4401(client: Client, shop: Shop) -> None:
    now = int(shop.clock().timestamp())
    for token in (make_token(iat=now - 400, exp=now - 1), make_token(aud="other")):
        socket = await client.ws_connect("/v1/chat")
        await socket.send_json({"type": "hello", "token": token})
        assert (await socket.receive_json(timeout=5))["code"] == "not_authenticated"
        assert await close_code(socket) == 4401


async def test_socket_that_says_nothing_is_closed(serve: Serve, shop: Shop) -> None:
    shop.limits = WebLimits(hello_timeout=0.2)
    socket = await (await serve(shop)).ws_connect("/v1/chat")

    assert (await socket.receive_json(timeout=5))["code"] == "not_authenticated"
    assert await close_code(socket) == 4401


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("https://shop.example", True),
        ("https://SHOP.example", True),
        ("own", True),
        ("https://shop.example.evil.example", False),
        ("https://evil.example", False),
        ("http://shop.example", False),
        ("null", False),
        ("", False),
        ("https://shop.example@evil.example", False),
        ("file://", False),
        ("http://[", False),
    ],
)
async def test_only_listed_origins_open_the_socket(
    client: Client, origin: str | None, *, allowed: bool
) -> None:
    if origin == "own":
        origin = f"http://{client.host}:{client.port}"
    headers = {} if origin is None else {"Origin": origin}

    if allowed:
        socket = await client.ws_connect("/v1/chat", headers=headers)
        await socket.close()
    else:
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect("/v1/chat", headers=headers)
        assert refused.value.status == 403


async def test_token_in_the_address_is_ignored(client: Client) -> None:
    socket = await client.ws_connect("/v1/chat", params={"token": make_token()})

    await socket.send_json({"type": "turn", "turn_id": "a", "text": "x"})

    assert (await socket.receive_json(timeout=5))["code"] == "not_authenticated"


async def test_half_open_socket_is_noticed_and_its_turn_is_kept(serve: Serve, shop: Shop) -> None:
    shop.limits = WebLimits(heartbeat=0.2)
    client = await serve(shop)
    shop.turns.gate = asyncio.Event()
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(
        b"GET /v1/chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + b"A" * 22 + b"==\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    for text in (
        f'{{"type":"hello","token":"{make_token()}"}}',
        '{"type":"turn","turn_id":"t1","text":"Anybody?"}',
    ):
        writer.write(masked_frame(text.encode()))
    await asyncio.sleep(1.0)  # no pong is ever sent

    sockets_open = (await (await client.get("/metrics")).text()).split("\n")
    shop.turns.gate.set()
    await asyncio.sleep(0.1)
    _, resumed = await say_hello(client)
    writer.close()

    assert "assistant_chat_sockets 0.0" in sockets_open
    assert [turn["turn_id"] for turn in resumed["resume"]] == ["t1"]


def masked_frame(content: bytes, *, opcode: int = 0x81) -> bytes:
    """Return a client's WebSocket frame with a mask of zeros."""
    return bytes([opcode, 0x80 | 126]) + len(content).to_bytes(2, "big") + b"\0" * 4 + content


async def test_client_that_leaves_in_the_middle_of_a_stream_loses_nothing(
    client: Client, shop: Shop
) -> None:
    shop.turns.gate = asyncio.Event()
    request = asyncio.create_task(
        client.post(
            "/v1/chat/turns",
            json={"turn_id": "t1", "text": "Hi"},
            headers={**bearer(), "Accept": "text/event-stream"},
        )
    )
    response = await request
    assert response.connection is not None
    response.connection.transport.abort()
    await asyncio.sleep(0.05)
    shop.turns.gate.set()
    await asyncio.sleep(0.1)

    _, resumed = await say_hello(client)

    assert [turn["turn_id"] for turn in resumed["resume"]] == ["t1"]


async def test_replayed_turn_ids_from_many_sockets_are_one_turn(client: Client, shop: Shop) -> None:
    opened = [(await say_hello(client))[0] for _ in range(8)]
    await opened[0].send_json({"type": "turn", "turn_id": "same", "text": "Hi"})
    first = await next_frame(opened[0], "reply")

    for socket in opened:
        await socket.send_json({"type": "turn", "turn_id": "same", "text": "Hi"})
    replies = [await next_frame(socket, "reply") for socket in opened]

    assert all(reply == first for reply in replies)
    assert sum(map(len, shop.turns.turns.values())) == 1


async def test_connections_cut_at_random_lose_no_acknowledged_turn(
    client: Client, shop: Shop
) -> None:
    acknowledged = []
    for number in range(20):
        socket, _ = await say_hello(client)
        turn_id = f"t{number}"
        await socket.send_json({"type": "turn", "turn_id": turn_id, "text": "Hi"})
        if number % 3 == 0:
            assert (await next_frame(socket, "reply"))["turn_id"] == turn_id
            acknowledged.append(turn_id)
        connection = socket._response.connection
        assert connection is not None
        raw = connection.transport.get_extra_info("socket")
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.transport.abort()

    _, resumed = await say_hello(client, last_seen=0)

    found = [turn["turn_id"] for turn in resumed["resume"]]
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))


async def test_random_bytes_in_frames_never_break_the_socket(client: Client) -> None:
    socket, _ = await say_hello(client)
    for size in (1, 10, 100, 1000):
        await socket.send_frame(os.urandom(size), WSMsgType.TEXT)
        assert (await next_frame(socket))["type"] == "problem"
