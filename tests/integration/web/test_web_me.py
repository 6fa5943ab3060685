"""What customers see and decide: purposes, consent, history, access log."""

from datetime import UTC, datetime

import pytest
from tests.integration.web.conftest import Client, Serve, Shop, bearer, make_token

from assistant.core.actor import Role
from assistant.core.events import HistoryEvent
from assistant.core.ids import EventId, new_id
from assistant.store.access_log import Access
from assistant.web.services import WebLimits


async def test_purposes_are_shown_and_consent_follows_the_shown_text(
    client: Client, shop: Shop
) -> None:
    address = "/v1/me/consents/answer_from_history"
    before = await (await client.get("/v1/me/purposes", headers=bearer())).json()
    known_before = dict(shop.customers.known)
    shown = before["purposes"][0]

    stale = await client.put(
        address,
        json={"decision": "given", "version": 1, "text_sha256": "b" * 64},
        headers=bearer(),
    )
    given = await client.put(
        address,
        json={
            "decision": "given",
            "version": shown["version"],
            "text_sha256": shown["text_sha256"],
            "categories": ["orders"],
        },
        headers={**bearer(), "Sec-GPC": "1"},
    )
    withdrawn = await client.put(address, json={"decision": "withdrawn"}, headers=bearer())

    assert known_before == {}
    assert shown["categories"][0]["decision"] == "undecided"
    assert (stale.status, (await stale.json(content_type=None))["code"]) == (409, "stale")
    assert (given.status, withdrawn.status) == (200, 200)
    assert [(d.decision, d.categories, d.gpc) for _, d in shop.consents.decisions] == [
        ("given", ("orders",), True),
        ("withdrawn", None, False),
    ]


@pytest.mark.parametrize("decision", ["refused", "withdrawn"])
async def test_saying_no_is_not_refused_for_what_it_echoes(
    client: Client, shop: Shop, decision: str
) -> None:
    response = await client.put(
        "/v1/me/consents/answer_from_history",
        json={"decision": decision, "version": "v1", "text_sha256": "stale"},
        headers=bearer(),
    )

    assert response.status == 200
    assert [(d.version, d.text_sha256) for _, d in shop.consents.decisions] == [(None, None)]


async def test_saying_no_is_not_refused_for_categories_that_cannot_be_one(
    client: Client, shop: Shop
) -> None:
    for named in (["orders", "No such!", 7], ["No such!"], []):
        response = await client.put(
            "/v1/me/consents/answer_from_history",
            json={"decision": "withdrawn", "categories": named},
            headers=bearer(),
        )
        assert response.status == 200

    assert [d.categories for _, d in shop.consents.decisions] == [("orders",), (), ()]


async def test_a_yes_to_what_was_never_a_version_or_hash_is_stale(client: Client) -> None:
    response = await client.put(
        "/v1/me/consents/answer_from_history",
        json={"decision": "given", "version": 0, "text_sha256": "stale"},
        headers=bearer(),
    )

    assert (response.status, (await response.json(content_type=None))["code"]) == (409, "stale")


async def test_purpose_that_does_not_exist_is_not_found(client: Client) -> None:
    response = await client.put(
        "/v1/me/consents/advertising", json={"decision": "refused"}, headers=bearer()
    )

    assert response.status == 404


async def test_history_is_paged_to_its_end(client: Client, shop: Shop) -> None:
    await shop.customers.find_or_create("ada@customers.example")
    shop.records.history = [
        HistoryEvent(
            event_id=EventId(new_id()),
            source="https://shop.example/orders",
            id=f"o{number}",
            type="order.placed",
            time=datetime.now(UTC),
            category="orders",
            data={"order_id": f"W{number}"},
            rendering=f"You ordered a kettle (order W{number})",
        )
        for number in range(5)
    ]

    seen, cursor = [], None
    for _ in range(3):
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = await (await client.get("/v1/me/history", params=query, headers=bearer())).json()
        seen += [item["ref"] for item in page["items"]]
        cursor = page["cursor"]
    wrong = await client.get("/v1/me/history", params={"limit": "0"}, headers=bearer())
    stranger = await client.get(
        "/v1/me/history", headers=bearer(make_token("ben@customers.example"))
    )

    assert seen == [f"https://shop.example/orders#o{number}" for number in range(5)]
    assert cursor is None
    assert wrong.status == 400
    assert await stranger.json() == {"items": [], "cursor": None}


async def test_access_log_shows_role_and_purpose(client: Client, shop: Shop) -> None:
    await shop.customers.find_or_create("ada@customers.example")
    shop.records.access = [
        Access(
            role=Role.ASSISTANT,
            purpose="answer_from_history",
            categories=frozenset({"returns", "orders"}),
            items=3,
            item_ids=("e1",),
            at=datetime.now(UTC),
            actor=actor,
            entry_id=new_id(),
        )
        for actor in ("assistant", "history-indexing", "operator:mo")
    ]

    page = await (
        await client.get("/v1/me/access-log", params={"limit": "2"}, headers=bearer())
    ).json()
    rest = await (
        await client.get(
            "/v1/me/access-log", params={"limit": "2", "cursor": page["cursor"]}, headers=bearer()
        )
    ).json()

    assert page["entries"][0]["role"] == "assistant"
    assert [entry["actor"] for entry in (*page["entries"], *rest["entries"])] == [
        "operator:mo",
        "history-indexing",
        "assistant",
    ]
    assert page["entries"][0]["categories"] == ["orders", "returns"]
    assert (len(page["entries"]), len(rest["entries"]), rest["cursor"]) == (2, 1, None)


async def test_requests_beside_turns_are_limited_too(serve: Serve, shop: Shop) -> None:
    shop.limits = WebLimits(requests_per_minute=2)
    client = await serve(shop)
    await shop.customers.find_or_create("ada@customers.example")

    statuses = [(await client.get("/v1/me/purposes", headers=bearer())).status for _ in range(3)]

    assert statuses == [200, 200, 429]
