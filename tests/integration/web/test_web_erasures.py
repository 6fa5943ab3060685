"""Erasures over HTTP and on the socket: shapes, identity, and tokens from before."""

from typing import Any

import pytest
from tests.integration.web.conftest import (
    Client,
    Shop,
    bearer,
    close_code,
    make_token,
    next_frame,
    say_hello,
)

from assistant.core.errors import NotFound, StaleDataKey
from assistant.core.ids import new_id
from assistant.profile.erasure.requests import ErasureScope

ADA = "ada@customers.example"


@pytest.fixture
async def known(shop: Shop) -> None:
    """Ada wrote before."""
    await shop.customers.find_or_create(ADA)


async def post(client: Client, body: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
    response = await client.post("/v1/me/erasures", json=body, headers={**bearer(), **headers})
    return response.status, await response.json()


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("body", "scope"),
    [
        ({"scope": "everything"}, ErasureScope("everything")),
        ({"scope": "all_data"}, ErasureScope("all_data")),
        ({"scope": "category", "category": "browsing"}, ErasureScope("category", "browsing")),
    ],
)
async def test_an_erasure_is_accepted_with_an_id_and_a_status_token(
    client: Client, shop: Shop, body: dict[str, Any], scope: ErasureScope
) -> None:
    status, answer = await post(client, body)

    assert status == 202
    assert answer["state"] == "BLOCKED_FOR_USE"
    assert answer["scope"] == scope.kind
    assert answer["status_token"].startswith("era_")
    assert [asked for _, asked, _ in shop.erasures.requests] == [scope]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"scope": "me"},
        {"scope": "item"},
        {"scope": "category"},
        {"scope": "everything", "id": "0197a3f0-0000-7000-8000-000000000000"},
        {"scope": "category", "category": "browsing", "id": "0197a3f0-0000-7000-8000-000000000000"},
        {"scope": "item", "id": "not an id"},
        {"scope": "expired"},
    ],
)
async def test_a_request_that_names_the_wrong_things_is_invalid(
    client: Client, shop: Shop, body: dict[str, Any]
) -> None:
    status, answer = await post(client, body)

    assert (status, answer["code"]) == (400, "invalid_input")
    assert not shop.erasures.requests


@pytest.mark.usefixtures("known")
async def test_the_same_key_is_one_erasure(client: Client, shop: Shop) -> None:
    body = {"scope": "all_data"}
    first = await post(client, body, **{"Idempotency-Key": "one"})
    again = await post(client, body, **{"Idempotency-Key": "one"})

    assert again == first
    assert len(shop.erasures.requests) == 1


async def test_the_same_key_is_answered_although_everything_is_gone(
    client: Client, shop: Shop
) -> None:
    first = await post(client, {"scope": "everything"}, **{"Idempotency-Key": "one"})
    shop.customers.erased_until[ADA] = 2**52

    assert await post(client, {"scope": "everything"}, **{"Idempotency-Key": "one"}) == first
    status, answer = await post(client, {"scope": "everything"})
    assert (status, answer["code"]) == (401, "erased")


async def test_the_status_token_works_in_either_header_and_never_in_the_address(
    client: Client, shop: Shop
) -> None:
    _, made = await post(client, {"scope": "everything"})
    shop.customers.erased_until[ADA] = 2**52
    address, token = f"/v1/me/erasures/{made['id']}", made["status_token"]

    for headers in ({"Authorization": f"Bearer {token}"}, {"Erasure-Status": token}):
        response = await client.get(address, headers=headers)
        assert response.status == 200
        assert (await response.json())["state"] == "BLOCKED_FOR_USE"
    assert (await client.get(f"{address}?status_token={token}")).status == 401
    assert (await client.get(address, headers={"Erasure-Status": "era_guessed"})).status == 404
    assert (await client.get(address, headers=bearer())).status == 401


@pytest.mark.usefixtures("known")
async def test_another_customer_finds_neither_erasure_nor_list(client: Client) -> None:
    _, made = await post(client, {"scope": "all_data"})
    ben = bearer(make_token("ben@customers.example"))

    assert (await client.get(f"/v1/me/erasures/{made['id']}", headers=ben)).status in {401, 404}
    listed = await (await client.get("/v1/me/erasures", headers=ben)).json()
    assert listed == {"items": [], "cursor": None}


@pytest.mark.usefixtures("known")
async def test_erasures_are_listed_newest_first_in_pages(client: Client) -> None:
    for _ in range(3):
        await post(client, {"scope": "all_data"})

    first = await (await client.get("/v1/me/erasures?limit=2", headers=bearer())).json()
    rest = await client.get(f"/v1/me/erasures?cursor={first['cursor']}", headers=bearer())
    last = (await rest.json())["items"]

    ids = [item["id"] for item in (*first["items"], *last)]
    assert len(ids) == 3
    assert ids == sorted(ids, reverse=True)


@pytest.mark.usefixtures("known")
async def test_history_is_deleted_by_item_and_by_category(client: Client, shop: Shop) -> None:
    item = new_id()

    one = await client.delete(f"/v1/me/history/{item}", headers=bearer())
    many = await client.delete("/v1/me/history?category=browsing", headers=bearer())
    neither = await client.delete("/v1/me/history", headers=bearer())

    assert (one.status, many.status, neither.status) == (202, 202, 400)
    assert [scope for _, scope, _ in shop.erasures.requests] == [
        ErasureScope("item", item),
        ErasureScope("category", "browsing"),
    ]


async def test_nothing_of_nobody_can_be_deleted(client: Client, shop: Shop) -> None:
    response = await client.delete("/v1/me/history?category=browsing", headers=bearer())

    assert response.status == 404
    assert not shop.customers.known


@pytest.mark.usefixtures("known")
async def test_an_item_that_is_not_there_is_not_found(client: Client, shop: Shop) -> None:
    shop.erasures.fail_with = NotFound("there is no such item")

    response = await client.delete(f"/v1/me/history/{new_id()}", headers=bearer())

    assert response.status == 404


@pytest.mark.usefixtures("known")
async def test_an_old_token_is_refused_everywhere_and_says_why(client: Client, shop: Shop) -> None:
    shop.customers.erased_until[ADA] = 2**52

    for address in ("/v1/me/history", "/v1/me/purposes", "/v1/me/erasures", "/v1/me/access-log"):
        response = await client.get(address, headers=bearer())
        assert (response.status, (await response.json())["code"]) == (401, "erased")
    turn = {"turn_id": "t1", "text": "Where is my kettle?"}
    response = await client.post("/v1/chat/turns", json=turn, headers=bearer())
    assert (response.status, (await response.json())["code"]) == (401, "erased")


@pytest.mark.usefixtures("known")
async def test_a_turn_that_an_erasure_overtook_hears_of_it(client: Client, shop: Shop) -> None:
    await client.post("/v1/chat/turns", json={"turn_id": "t1", "text": "Hi"}, headers=bearer())
    shop.turns.fail_with = StaleDataKey("nothing may be sealed for this customer now")
    turn = {"turn_id": "t2", "text": "Hi again"}

    busy = await client.post("/v1/chat/turns", json=turn, headers=bearer())
    assert busy.status == 503
    shop.customers.erased_until[ADA] = 2**52
    gone = await client.post("/v1/chat/turns", json=turn, headers=bearer())
    assert gone.status == 401


@pytest.mark.usefixtures("known")
async def test_open_sockets_of_erased_customers_close_with_4401_and_others_stay(
    client: Client, shop: Shop
) -> None:
    ada, _ = await say_hello(client)
    ben, _ = await say_hello(client, token=make_token("ben@customers.example"))
    shop.customers.erased_until[ADA] = 2**52

    shop.notices.tell([shop.customers.known[ADA]])

    assert await close_code(ada) == 4401
    await ben.send_json({"type": "ping"})
    assert (await next_frame(ben, "pong"))["type"] == "pong"
    await ben.close()


@pytest.mark.usefixtures("known")
async def test_a_turn_of_an_erased_customer_closes_the_socket(client: Client, shop: Shop) -> None:
    socket, _ = await say_hello(client)
    shop.customers.erased_until[ADA] = 2**52

    await socket.send_json({"type": "turn", "turn_id": "t1", "text": "Hello"})

    assert (await next_frame(socket, "problem"))["code"] == "erased"
    assert await close_code(socket) == 4401
