"""Joining a visit with an account over HTTP: two proven identities and one express yes."""

import pytest
from tests.integration.web.conftest import Client, Shop, bearer, make_token

PATH = "/v1/visitors/merge"


async def a_visitor(client: Client) -> str:
    """Become a visitor and return the token."""
    token: str = (await (await client.post("/v1/visitors")).json())["token"]
    return token


async def test_the_card_is_shown_to_anybody_in_their_language(client: Client) -> None:
    english = await (await client.get(PATH)).json()

    assert (english["purpose"], english["lang"]) == ("join_visit", "en")
    assert len(english["text_sha256"]) == 64
    assert english["text"].startswith(english["title"])


async def test_a_yes_that_echoes_the_card_joins(client: Client, shop: Shop) -> None:
    card = await (await client.get(PATH)).json()
    visitor = await a_visitor(client)

    response = await client.post(
        PATH,
        json={
            "visitor_token": visitor,
            "decision": "given",
            "version": card["version"],
            "text_sha256": card["text_sha256"],
        },
        headers=bearer(),
    )

    assert await response.json() == {"joined": True, "conversations": 1, "turns": 2}
    (customer, joined, decision) = shop.joining.decided[0]
    assert customer == shop.customers.known["ada@customers.example"]
    assert joined in {renewal.customer_id for renewal in shop.visitors.secrets.values()}
    assert decision.text_sha256 == card["text_sha256"]


async def test_both_must_prove_who_they_are(client: Client, shop: Shop) -> None:
    visitor, yes = await a_visitor(client), {"decision": "given"}

    nobody = await client.post(PATH, json={**yes, "visitor_token": visitor})
    another_visit = await client.post(
        PATH, json={**yes, "visitor_token": visitor}, headers=bearer(visitor)
    )
    no_visit = await client.post(
        PATH, json={**yes, "visitor_token": make_token("ben@customers.example")}, headers=bearer()
    )
    no_token = await client.post(PATH, json={**yes, "visitor_token": "x"}, headers=bearer())

    statuses = [response.status for response in (nobody, another_visit, no_visit, no_token)]
    assert statuses == [401, 403, 400, 401]
    assert shop.joining.decided == []


@pytest.mark.parametrize("decision", [None, "withdrawn", "yes", True])
async def test_without_an_express_decision_nothing_is_decided(
    client: Client, shop: Shop, decision: object
) -> None:
    body = {"visitor_token": await a_visitor(client), "decision": decision}

    response = await client.post(PATH, json=body, headers=bearer())

    assert response.status == 400
    assert shop.joining.decided == []
