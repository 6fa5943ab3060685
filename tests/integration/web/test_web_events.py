"""Events of business systems over HTTP: every form, a result for each item, keys."""

import orjson
import pytest
from tests.integration.web.conftest import EVENTS_KEY, Client, bearer

TURN = {"turn_id": "t1", "text": "Where is my kettle?"}

EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "https://shop.example/orders",
    "type": "order.placed",
    "time": "2025-11-03T10:00:00Z",
    "subject": "ada@customers.example",
    "data": {"order_id": "W123"},
}
DRIVING = {**EVENT, "id": "2", "type": "trip.completed"}


@pytest.mark.parametrize(
    ("media", "content", "statuses"),
    [
        ("application/cloudevents+json", orjson.dumps(EVENT), ["stored"]),
        ("application/json", orjson.dumps(EVENT), ["stored"]),
        (
            "application/cloudevents-batch+json",
            orjson.dumps([EVENT, EVENT, DRIVING, 7, {**EVENT, "time": "later"}]),
            ["stored", "duplicate", "refused", "invalid", "invalid"],
        ),
        (
            "application/x-ndjson",
            orjson.dumps(EVENT) + b"\n\nnot json\r\n\xff\n" + orjson.dumps(DRIVING) + b"\n",
            ["stored", "invalid", "invalid", "refused"],
        ),
    ],
)
async def test_each_event_gets_its_own_result_in_order(
    client: Client, media: str, content: bytes, statuses: list[str]
) -> None:
    response = await client.post(
        "/v1/events", data=content, headers={**bearer(EVENTS_KEY), "Content-Type": media}
    )

    answer = await response.json()
    assert response.status == 200
    assert [result["status"] for result in answer["results"]] == statuses
    assert [result["index"] for result in answer["results"]] == list(range(len(statuses)))
    assert sum(answer["counts"].values()) == len(statuses)


@pytest.mark.parametrize(
    ("key", "media", "content", "status"),
    [
        ("wrong", "application/json", b"[]", 401),
        (None, "application/json", b"[]", 401),
        (EVENTS_KEY, "text/csv", b"[]", 415),
        (EVENTS_KEY, "application/json", b"{", 400),
        (EVENTS_KEY, "application/cloudevents+json", b"[]", 400),
        (EVENTS_KEY, "application/cloudevents-batch+json", b"{}", 400),
        (EVENTS_KEY, "application/json", b"[" + b"1," * 6000 + b"1]", 413),
    ],
)
async def test_unreadable_event_requests_are_problems(
    client: Client, key: str | None, media: str, content: bytes, status: int
) -> None:
    headers = {"Content-Type": media, **(bearer(key) if key else {})}

    response = await client.post("/v1/events", data=content, headers=headers)

    assert response.status == status
    assert response.content_type == "application/problem+json"


async def test_customer_token_opens_no_events_and_api_key_no_chat(client: Client) -> None:
    events = await client.post("/v1/events", json=[], headers=bearer())
    chat = await client.post("/v1/chat/turns", json=TURN, headers=bearer(EVENTS_KEY))

    assert (events.status, chat.status) == (401, 401)
    assert chat.headers["WWW-Authenticate"].startswith("Bearer")
