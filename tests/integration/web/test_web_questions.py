"""Why-questions, facts and preferences over HTTP, on the real store of both databases."""

from dataclasses import dataclass
from typing import Any

import pytest
from tests.fakes.clock import SteppableClock
from tests.integration.web.conftest import Client, Serve, Shop, bearer, make_token
from tests.why_parts import WhyParts

from assistant.core.ids import CustomerId, new_id
from assistant.store.engine import Database
from assistant.vault.vault import Vault
from assistant.web.identity import StoreCustomers
from assistant.web.own_facts import StoreOwnFacts
from assistant.web.question_steps import StoreQuestionSteps

ADA, BEN = "ada@customers.example", "ben@customers.example"
SAID = "It has to be quiet"
KEPT = "Quiet appliances matter to me."
QUESTIONS, FACTS, PREFERENCES = "/v1/me/questions", "/v1/me/facts", "/v1/me/preferences"


@dataclass
class Served:
    """The service over a real store, and one customer's way to it."""

    client: Client
    parts: WhyParts
    ada: CustomerId

    async def send(
        self, method: str, path: str, body: object = None, *, token: str | None = None
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token or make_token(ADA)}"}
        response = await self.client.request(method, path, json=body, headers=headers)
        return response.status, await response.json(content_type=None)

    async def step(self, question: str, name: str, body: object = None) -> tuple[int, Any]:
        return await self.send("POST", f"{QUESTIONS}/{question}/{name}", body or {})

    async def show(self, question: dict[str, Any]) -> tuple[int, Any]:
        card = question["card"]
        echoed = {key: card[key] for key in ("version", "text_sha256", "lang")}
        return await self.step(question["id"], "shown", echoed)

    async def asked(self) -> dict[str, Any]:
        """Propose a question of the catalogue, as a conversation would, and list it."""
        self.parts.propose(self.ada, conversation=new_id())
        _, listed = await self.send("GET", QUESTIONS)
        question: dict[str, Any] = listed["questions"][0]
        return question


@pytest.fixture
async def served(
    serve: Serve, shop: Shop, database: Database, vault: Vault, clock: SteppableClock
) -> Served:
    parts = WhyParts.of(database, vault, clock)
    assert isinstance(parts, WhyParts)
    steps = StoreQuestionSteps(database=database, questions=parts.why, clock=clock)
    shop.questions = steps  # type: ignore[assignment]  # the real thing in the place of a fake
    shop.own_facts = StoreOwnFacts(  # type: ignore[assignment]  # as above
        database=database, questions=parts.why, facts=parts.facts, clock=clock
    )
    shop.customers = StoreCustomers(  # type: ignore[assignment]  # as above
        database=database, customers=parts.customers, vault=vault, clock=clock
    )
    return Served(await serve(shop), parts, parts.customer(ADA))


async def test_a_question_is_shown_answered_and_confirmed(served: Served) -> None:
    question = await served.asked()
    _, shown = await served.show(question)
    _, answered = await served.step(question["id"], "answer", {"text": SAID})
    status, fact = await served.step(question["id"], "confirm", {"text": KEPT})
    _, facts = await served.send("GET", FACTS)
    _, listed = await served.send("GET", QUESTIONS)

    assert (question["state"], question["question"]) == ("proposed", None)
    assert shown["question"]["text"].startswith("Does it matter to you how loud")
    assert shown["question"]["choices"][0]["keep"] == KEPT
    assert (answered["state"], answered["to_confirm"]) == ("answered", SAID)
    assert (status, fact["text"], fact["state"]) == (200, KEPT, "active")
    assert fact["provenance"]["card_sha256"] == question["card"]["text_sha256"]
    assert fact["provenance"]["channel"] == "api"
    assert facts["facts"] == [fact]
    assert listed["questions"][0]["state"] == "stored"
    assert listed["questions"][0]["fact"] == fact["id"]
    assert listed["questions"][0]["card"] is None
    states = [step["state"] for step in listed["questions"][0]["steps"]]
    assert states == ["proposed", "disclosed", "asked", "answered", "confirmed", "stored"]


async def test_steps_out_of_order_are_409_with_a_code_that_says_what_is_next(
    served: Served,
) -> None:
    question = await served.asked()

    early = [
        await served.step(question["id"], name, {"text": SAID}) for name in ("answer", "confirm")
    ]
    card = {"version": 1, "text_sha256": "0" * 64, "lang": "en"}
    stale = await served.step(question["id"], "shown", card)
    await served.show(question)
    unanswered = await served.step(question["id"], "confirm", {"text": SAID})
    await served.step(question["id"], "answer", {"text": SAID})
    again = await served.step(question["id"], "answer", {"text": "other words"})
    await served.step(question["id"], "confirm", {"text": KEPT})
    twice = await served.step(question["id"], "confirm", {"text": "other words"})
    late = await served.step(question["id"], "decline")

    codes = [(status, body["code"]) for status, body in (*early, stale, unanswered, again)]
    assert codes == [
        (409, "card_not_shown"),
        (409, "card_not_shown"),
        (409, "stale"),
        (409, "question_not_answered"),
        (409, "question_answered"),
    ]
    assert [(s, b["code"]) for s, b in (twice, late)] == [(409, "question_confirmed")] * 2


async def test_no_thanks_needs_no_body_and_repeats(served: Served) -> None:
    question = await served.asked()
    address = f"{QUESTIONS}/{question['id']}/decline"

    bare = await served.client.post(address, headers=bearer(make_token(ADA)))
    repeated = await served.step(question["id"], "decline")
    closed = await served.step(question["id"], "answer", {"text": SAID})

    assert bare.status == 200
    assert (await bare.json())["state"] == "declined"
    assert (repeated[0], repeated[1]["state"]) == (200, "declined")
    assert (closed[0], closed[1]["code"]) == (409, "question_closed")


async def test_a_volunteered_fact_brings_the_card_and_is_kept_when_confirmed(
    served: Served,
) -> None:
    status, offered = await served.send("POST", FACTS, {"text": KEPT})
    _, again = await served.send("POST", FACTS, {"text": KEPT})
    _, nothing = await served.send("GET", FACTS)
    early, _ = await served.step(offered["id"], "confirm", {"text": KEPT})
    _, shown = await served.show(offered)
    kept, fact = await served.step(offered["id"], "confirm", {"text": KEPT})

    assert (status, offered["state"], offered["proposed"]) == (201, "proposed", KEPT)
    assert again == offered
    assert nothing["facts"] == []
    assert early == 409
    assert shown["to_confirm"] == KEPT
    assert (kept, fact["text"], fact["provenance"]["origin"]) == (200, KEPT, "volunteered")


async def test_a_fact_is_corrected_paused_and_resumed(served: Served) -> None:
    fact = served.parts.fact(served.ada, KEPT)
    address = f"{FACTS}/{fact.fact_id}"

    _, corrected = await served.send("PATCH", address, {"text": "Noise is fine."})
    _, paused = await served.send("PATCH", address, {"state": "paused"})
    _, resumed = await served.send("PATCH", address, {"state": "active"})
    empty = await served.send("PATCH", address, {})
    missing = await served.send("PATCH", f"{FACTS}/{new_id()}", {"state": "paused"})

    assert (corrected["id"], corrected["text"], corrected["kind"]) == (
        fact.fact_id,
        "Noise is fine.",
        "corrected",
    )
    assert [paused["state"], resumed["state"]] == ["paused", "active"]
    assert (empty[0], missing[0]) == (400, 404)


async def test_deleting_a_fact_is_an_erasure_of_that_item(served: Served, shop: Shop) -> None:
    fact = served.parts.fact(served.ada, KEPT)

    status, asked = await served.send("DELETE", f"{FACTS}/{fact.fact_id}")
    missing, _ = await served.send("DELETE", f"{FACTS}/{new_id()}")

    assert (status, asked["scope"]) == (202, "item")
    assert [(who, scope.kind, scope.target) for who, scope, _ in shop.erasures.requests] == [
        (served.ada, "item", fact.fact_id)
    ]
    assert missing == 404


async def test_repeating_a_deletion_with_its_key_is_the_same_deletion(
    served: Served, shop: Shop
) -> None:
    fact = served.parts.fact(served.ada, KEPT)
    headers = {**bearer(make_token(ADA)), "Idempotency-Key": "once"}
    address = f"{FACTS}/{fact.fact_id}"

    first = await (await served.client.delete(address, headers=headers)).json()
    served.parts.write(
        lambda c: served.parts.facts.delete(c, served.ada, fact.fact_id, at=served.parts.clock())
    )
    second = await (await served.client.delete(address, headers=headers)).json()

    assert first == second
    assert len(shop.erasures.requests) == 1


async def test_lists_are_paged_to_their_end(served: Served) -> None:
    kept = [served.parts.fact(served.ada, f"Reason {number}").statement for number in range(5)]

    for path, member in ((FACTS, "facts"), (QUESTIONS, "questions")):
        seen, cursor = [], None
        for _ in range(3):
            page = f"?limit=2{f'&cursor={cursor}' if cursor else ''}"
            _, body = await served.send("GET", path + page)
            seen += body[member]
            cursor = body["cursor"]
        assert cursor is None
        assert len({item["id"] for item in seen}) == 5
        if member == "facts":
            assert [item["text"] for item in seen] == kept[::-1]


async def test_never_ask_me_why_is_kept_and_undone(served: Served) -> None:
    before = await served.send("GET", PREFERENCES)
    never = await served.send("PUT", PREFERENCES, {"why_questions": "never"})
    silent = served.parts.propose(served.ada)
    wrong = await served.send("PUT", PREFERENCES, {"why_questions": "sometimes"})
    untouched = await served.send("PUT", PREFERENCES, {})
    undone = await served.send("PUT", PREFERENCES, {"why_questions": "ask"})

    words = [body["why_questions"] for _, body in (before, never, untouched, undone)]
    assert words == ["ask", "never", "never", "ask"]
    assert silent is None
    assert wrong[0] == 400
    assert served.parts.propose(served.ada) is not None


async def test_a_preference_that_is_not_known_is_refused_by_its_name(served: Served) -> None:
    status, body = await served.send(
        "PUT", PREFERENCES, {"why_questions": "never", "quiet_hours": "22-07"}
    )
    _, kept = await served.send("GET", PREFERENCES)

    assert status == 400
    assert body["code"] == "invalid_input"
    assert ["/quiet_hours" in str(error) for error in body["errors"]] == [True]
    assert kept["why_questions"] == "ask"


async def test_another_customer_sees_and_changes_nothing(served: Served) -> None:
    question = await served.asked()
    fact = served.parts.fact(served.ada, KEPT)
    token = make_token(BEN)
    shown = {"version": 1, "text_sha256": question["card"]["text_sha256"], "lang": "en"}

    statuses = [
        (await served.send(method, path, body, token=token))[0]
        for method, path, body in (
            ("POST", f"{QUESTIONS}/{question['id']}/shown", shown),
            ("POST", f"{QUESTIONS}/{question['id']}/answer", {"text": SAID}),
            ("POST", f"{QUESTIONS}/{question['id']}/confirm", {"text": SAID}),
            ("POST", f"{QUESTIONS}/{question['id']}/decline", {}),
            ("PATCH", f"{FACTS}/{fact.fact_id}", {"state": "paused"}),
            ("DELETE", f"{FACTS}/{fact.fact_id}", None),
        )
    ]
    listed = [(await served.send("GET", path, token=token))[1] for path in (QUESTIONS, FACTS)]

    assert statuses == [404] * 6
    assert listed == [{"questions": [], "cursor": None}, {"facts": [], "cursor": None}]
    assert [each.state for each in served.parts.list_facts(served.ada)] == ["active"]


async def test_a_visitor_keeps_no_reasons_and_may_say_never(client: Client, shop: Shop) -> None:
    visitor = await (await client.post("/v1/visitors", json={})).json()
    headers = bearer(visitor["token"])

    refused = await client.post(FACTS, json={"text": KEPT}, headers=headers)
    shown = await client.get(FACTS, headers=headers)
    never = await client.put(PREFERENCES, json={"why_questions": "never"}, headers=headers)

    assert (refused.status, (await refused.json(content_type=None))["code"]) == (403, "not_allowed")
    assert (await shown.json())["facts"] == []
    assert (await never.json())["why_questions"] == "never"
    assert shop.own_facts.facts == {}


@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "x" * 501])
async def test_words_that_cannot_be_kept_are_refused_by_what_is_wrong(
    served: Served, text: str
) -> None:
    status, body = await served.send("POST", FACTS, {"text": text})

    assert status in (400, 413)
    assert body["code"] in ("invalid_input", "text_too_long")
    assert text.strip() not in body["detail"] or not text.strip()
