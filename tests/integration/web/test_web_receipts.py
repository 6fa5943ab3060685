"""Receipts, the keys that verify them, and the answer to Global Privacy Control, over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from tests.integration.web.conftest import Client, Serve, Shop, bearer, make_token, say_hello

from assistant.core.ids import CustomerId, new_id
from assistant.profile.receipts.issuing import Receipt
from assistant.profile.receipts.signing import DocumentSigner
from assistant.profile.receipts.verifying import read_keys, verify_document

SIGNER = DocumentSigner(seed=b"w" * 32)
ADA, BEN = CustomerId(new_id()), CustomerId(new_id())
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def a_receipt(minutes: int) -> Receipt:
    at = AT + timedelta(minutes=minutes)
    receipt_id = new_id()
    document = SIGNER.sign({"@context": [], "@id": f"urn:uuid:{receipt_id}"}, created=at)
    return Receipt(receipt_id, at, "answer_from_history", document, orjson.dumps(document))


@pytest.fixture
async def client(serve: Serve, shop: Shop) -> Client:
    """A shop in which Ada has three receipts and Ben none."""
    shop.customers.known |= {"ada@customers.example": ADA, "ben@customers.example": BEN}
    shop.receipts.receipts[ADA] = [a_receipt(minutes) for minutes in (3, 2, 1)]
    shop.signing_keys = SIGNER.key_document()
    return await serve(shop)


async def test_receipts_are_listed_by_pages(client: Client, shop: Shop) -> None:
    first = await (await client.get("/v1/me/receipts?limit=2", headers=bearer())).json()
    rest = await (
        await client.get(f"/v1/me/receipts?limit=2&cursor={first['cursor']}", headers=bearer())
    ).json()

    listed = [item["id"] for item in [*first["items"], *rest["items"]]]
    assert listed == [receipt.receipt_id for receipt in shop.receipts.receipts[ADA]]
    assert rest["cursor"] is None
    assert first["items"][0]["states"] == ["given"]


async def test_a_receipt_is_the_same_bytes_each_time_and_verifies_with_the_published_keys(
    client: Client, shop: Shop
) -> None:
    path = f"/v1/me/receipts/{shop.receipts.receipts[ADA][0].receipt_id}"

    first = await (await client.get(path, headers=bearer())).read()
    again = await (await client.get(path, headers=bearer())).read()
    keys = await (await client.get("/.well-known/assistant-keys.json")).json()

    assert first == again
    assert verify_document(orjson.loads(first), trusted=read_keys(keys)).valid


@pytest.mark.parametrize(
    ("accepted", "answered"),
    [("application/ld+json", "application/ld+json"), ("*/*", "application/json")],
)
async def test_a_receipt_is_json_ld_for_whoever_asks_for_it(
    client: Client, shop: Shop, accepted: str, answered: str
) -> None:
    path = f"/v1/me/receipts/{shop.receipts.receipts[ADA][0].receipt_id}"

    response = await client.get(path, headers={**bearer(), "Accept": accepted})

    assert response.content_type == answered


async def test_nobody_sees_the_receipts_of_somebody_else(client: Client, shop: Shop) -> None:
    path = f"/v1/me/receipts/{shop.receipts.receipts[ADA][0].receipt_id}"
    ben = bearer(make_token("ben@customers.example"))
    stranger = bearer(make_token("never@seen.example"))

    for headers in (ben, stranger):
        refused = await client.get(path, headers=headers)
        assert (refused.status, (await refused.json())["code"]) == (404, "not_found")
        listed = await (await client.get("/v1/me/receipts", headers=headers)).json()
        assert listed == {"items": [], "cursor": None}
    assert (await client.get(path)).status == 401


@pytest.mark.parametrize(
    "receipt_id", ["1", "..%2F..", "%00", "x" * 500, "01900000-0000-7000-8000-000000000000"]
)
async def test_what_is_no_receipt_is_not_found(client: Client, receipt_id: str) -> None:
    response = await client.get(f"/v1/me/receipts/{receipt_id}", headers=bearer())

    assert response.status == 404


async def test_global_privacy_control_is_announced(client: Client) -> None:
    response = await client.get("/.well-known/gpc.json")

    assert response.content_type == "application/json"
    announced = await response.json()
    assert announced["gpc"] is True
    assert datetime.fromisoformat(announced["lastUpdate"])


async def test_the_signal_is_heard_in_whatever_request_brings_it(
    client: Client, shop: Shop
) -> None:
    signal = {**bearer(), "Sec-GPC": "1"}
    turn = {"turn_id": "t-1", "text": "hello"}

    await client.get("/v1/me/history", headers=signal)
    await client.post("/v1/chat/turns", json=turn, headers=signal)
    assert shop.consents.heeded == [ADA, ADA]
    await client.post("/v1/chat/turns", json={**turn, "turn_id": "t-2"}, headers=bearer())
    await client.get("/v1/me/purposes", headers=bearer())
    assert shop.consents.heeded == [ADA, ADA]


async def test_the_signal_of_a_socket_is_heard_and_confirmed(client: Client, shop: Shop) -> None:
    async with asyncio.timeout(5):
        socket = await client.ws_connect("/v1/chat", headers={"Sec-GPC": "1"})
        await socket.send_json({"type": "hello", "token": make_token()})
        welcome = await socket.receive_json()

    assert welcome["gpc"] is True
    assert shop.consents.heeded == [ADA]
    _, quiet = await say_hello(client)
    assert quiet["gpc"] is False
