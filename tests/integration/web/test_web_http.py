"""The HTTP calls: turns in both forms, visitors, consent, history, events, health."""

import asyncio
from datetime import timedelta

import orjson
import pytest
from tests.integration.web.conftest import (
    Client,
    Serve,
    Shop,
    bearer,
    make_token,
    next_frame,
    say_hello,
)

from assistant.web.schemas.chat import ReplyBody
from assistant.web.services import DemoCustomer, ReadinessFinding, WebLimits

TURN = {"turn_id": "t1", "text": "Where is my kettle?"}


async def test_turn_over_http_answers_what_the_schema_says(client: Client) -> None:
    response = await client.post("/v1/chat/turns", json=TURN, headers=bearer())

    body = await response.read()
    assert response.status == 200
    assert ReplyBody.model_validate_json(body).turn_id == "t1"
    assert set(orjson.loads(body)) == set(ReplyBody.model_fields)


async def test_turn_as_event_stream_says_the_same(client: Client) -> None:
    plain = await (await client.post("/v1/chat/turns", json=TURN, headers=bearer())).json()

    stream = await client.post(
        "/v1/chat/turns", json=TURN, headers={**bearer(), "Accept": "text/event-stream"}
    )
    events = [
        (lines.split("\n")[0].removeprefix("event: "), orjson.loads(lines.split("data: ")[1]))
        for lines in (await stream.text()).strip().split("\n\n")
    ]

    assert stream.content_type == "text/event-stream"
    assert [name for name, _ in events] == ["typing", "reply.delta", "reply.delta", "reply"]
    assert "".join(e["text"] for name, e in events if name == "reply.delta") == plain["text"]
    assert events[-1][1] == {"type": "reply", **plain}


async def test_problem_inside_an_event_stream_is_an_event(client: Client) -> None:
    await client.post("/v1/chat/turns", json=TURN, headers=bearer())

    stream = await client.post(
        "/v1/chat/turns",
        json={**TURN, "text": "Other words"},
        headers={**bearer(), "Accept": "text/event-stream"},
    )

    assert "event: problem" in await stream.text()


async def test_reply_that_outlives_its_token_is_kept_back_and_found_again(
    client: Client, shop: Shop
) -> None:
    shop.turns.gate = asyncio.Event()
    late = asyncio.create_task(client.post("/v1/chat/turns", json=TURN, headers=bearer()))
    await asyncio.sleep(0.1)
    shop.clock.by = timedelta(seconds=301)
    shop.turns.gate.set()

    refused = await late
    shop.clock.by = timedelta()
    again = await client.post("/v1/chat/turns", json=TURN, headers=bearer())

    assert refused.status == 401
    assert "kettle" not in await refused.text()
    assert again.status == 200
    assert sum(map(len, shop.turns.turns.values())) == 1


async def test_idempotency_key_stands_for_the_turn_id(client: Client) -> None:
    headers = {**bearer(), "Idempotency-Key": "k1"}

    by_key = await client.post("/v1/chat/turns", json={"text": "Hi"}, headers=headers)
    differing = await client.post("/v1/chat/turns", json=TURN, headers=headers)
    neither = await client.post("/v1/chat/turns", json={"text": "Hi"}, headers=bearer())

    assert (await by_key.json())["turn_id"] == "k1"
    assert (differing.status, neither.status) == (400, 400)


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{", {}, 400, "invalid_input"),
        (b'{"turn_id":"\xff","text":"x"}', {}, 400, "invalid_input"),
        (b'{"turn_id":"a","text":"\\ud800"}', {}, 400, "invalid_input"),
        (b"[" * 5000, {}, 400, "invalid_input"),
        (b'{"turn_id":"a","text":""}', {}, 400, "invalid_input"),
        (b'{"turn_id":"a","text":" \\u0000 "}', {}, 400, "invalid_input"),
        (b'{"turn_id":"a\\u0000","text":"x"}', {}, 400, "invalid_input"),
        (b'{"turn_id":"a","text":7}', {}, 400, "invalid_input"),
        (b'{"turn_id":"a","text":"x","conversation":"mine"}', {}, 400, "invalid_input"),
        (b'{"turn_id":"a","text":"%s"}' % (b"x" * 4001), {}, 413, "text_too_long"),
        (b'{"turn_id":"a","text":"%s"}' % (b"x" * 100_000), {}, 413, "payload_too_large"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b"{}", {"Content-Type": ""}, 415, "unsupported_media_type"),
        (b"{}", {"Accept": "image/png"}, 406, "not_acceptable"),
    ],
)
async def test_turn_that_cannot_be_read_is_a_problem_with_a_code(
    client: Client, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    response = await client.post(
        "/v1/chat/turns",
        data=content,
        headers={"Content-Type": "application/json", **bearer(), **headers},
    )

    problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["code"], problem["status"]) == (status, code, status)
    assert problem["request_id"] == response.headers["X-Request-Id"]


async def test_control_characters_in_the_text_are_left_out(client: Client, shop: Shop) -> None:
    response = await client.post(
        "/v1/chat/turns", json={"turn_id": "t", "text": "a\x00b\tc\nd"}, headers=bearer()
    )

    assert response.status == 200
    assert next(iter(shop.turns.turns.values()))[0].text == "ab\tc\nd"


async def test_turns_are_limited_per_customer(serve: Serve, shop: Shop) -> None:
    shop.limits = WebLimits(turns_per_minute=2)
    client = await serve(shop)

    statuses = []
    for number in range(3):
        turn = {"turn_id": f"t{number}", "text": "Hi"}
        response = await client.post("/v1/chat/turns", json=turn, headers=bearer())
        statuses.append(response.status)
    other = await client.post(
        "/v1/chat/turns", json=TURN, headers=bearer(make_token("ben@customers.example"))
    )

    assert statuses == [200, 200, 429]
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert other.status == 200


async def test_visitors_are_limited_per_address_and_secrets_must_be_known(
    serve: Serve, shop: Shop
) -> None:
    shop.limits = WebLimits(visitors_per_minute=2)
    client = await serve(shop)

    first = await client.post("/v1/visitors")
    wrong = await client.post("/v1/visitors", json={"renewal": "guess"})
    third = await client.post("/v1/visitors")

    assert (first.status, wrong.status, third.status) == (201, 401, 429)


async def test_feedback_and_handoff_over_http(client: Client, shop: Shop) -> None:
    turn = await (await client.post("/v1/chat/turns", json=TURN, headers=bearer())).json()

    helped = await client.post(
        "/v1/chat/feedback", json={"turn_id": "t1", "helped": False}, headers=bearer()
    )
    not_mine = await client.post(
        "/v1/chat/feedback",
        json={"turn_id": "t1", "helped": True},
        headers=bearer(make_token("ben@customers.example")),
    )
    person = await client.post("/v1/chat/handoff", json={}, headers=bearer())
    free_text = await client.post(
        "/v1/chat/handoff", json={"reason": "my neighbour is loud"}, headers=bearer()
    )

    assert (helped.status, not_mine.status, person.status) == (204, 404, 202)
    assert (await person.json())["conversation"] == turn["conversation"]
    assert list(shop.turns.feedback.values()) == [False]
    assert free_text.status == 400


async def test_addresses_of_later_issues_are_plainly_not_there(client: Client) -> None:
    for address in ("/v1/me/jobs", "/v1/me/timeline", "/v1/insights", "/v1/ideas", "/nothing"):
        response = await client.get(address, headers=bearer())
        assert (response.status, response.content_type) == (404, "application/problem+json")
    wrong_method = await client.delete("/v1/chat/turns", headers=bearer())
    assert (wrong_method.status, wrong_method.headers["Allow"]) == (405, "POST")


async def test_health_and_readiness_give_reasons(serve: Serve, shop: Shop) -> None:
    findings = [ReadinessFinding("index", "degraded", "being rebuilt")]

    async def readiness() -> list[ReadinessFinding]:
        return findings

    shop.overrides["readiness"] = readiness
    client = await serve(shop)

    assert (await client.get("/healthz")).status == 200
    degraded = await client.get("/readyz")
    findings.append(ReadinessFinding("migrations", "failed", "run assistant serve once"))
    failed = await client.get("/readyz")

    assert (degraded.status, (await degraded.json())["status"]) == (200, "degraded")
    assert (failed.status, (await failed.json())["status"]) == (503, "failed")


async def test_demo_identity_exists_in_the_demo_only(serve: Serve, shop: Shop) -> None:
    plain = await serve(shop)
    shop.demo_customers = (DemoCustomer("ada@customers.example", "Ada", "Waits for a kettle."),)
    demo = await serve(shop)

    assert (await plain.get("/demo/customers")).status == 404
    assert (
        await plain.post("/demo/token", json={"customer": "ada@customers.example"})
    ).status == 404
    known = await (await demo.get("/demo/customers")).json()
    issued = await demo.post("/demo/token", json={"customer": known["customers"][0]["id"]})
    stranger = await demo.post("/demo/token", json={"customer": "eve@customers.example"})
    await say_hello(demo, token=(await issued.json())["token"])

    assert stranger.status == 404


async def test_pages_forbid_everything_that_is_not_their_own(client: Client) -> None:
    for address in ("/", "/docs"):
        page = await client.get(address)
        html = await page.text()
        policy = page.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "<script>" not in html
        assert " style=" not in html
        assert " onclick=" not in html
        assert "Set-Cookie" not in page.headers


async def test_same_turn_over_http_and_socket_is_one_turn(client: Client, shop: Shop) -> None:
    socket, _ = await say_hello(client)
    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Hi"})
    by_socket = await next_frame(socket, "reply")

    response = await client.post(
        "/v1/chat/turns", json={"turn_id": "t1", "text": "Hi"}, headers=bearer()
    )

    assert {"type": "reply", **await response.json()} == by_socket
    assert shop.turns.begun == 2
