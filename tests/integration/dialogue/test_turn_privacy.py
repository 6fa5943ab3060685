"""What a turn may know, what is written down about it, and that a withdrawal always wins."""

import random
from datetime import timedelta

import pytest
from tests.turn_parts import Desk

from assistant.core.actor import Role
from assistant.core.ids import CustomerId
from assistant.dialogue.turns import Reply

HISTORY = "answer_from_history"
KETTLE = {"item_id": "k1", "name": "Alder kettle", "price": 39.9}
WHERE = "where is my kettle?"


def order(desk: Desk, subject: str, order_id: str, *, days_ago: int = 3, **data: object) -> None:
    at = desk.parts.clock() - timedelta(days=days_ago)
    data.setdefault("items", [KETTLE])
    assert desk.send(subject, "order.placed", at, order_id=order_id, **data).status == "stored"


def allowed(desk: Desk, subject: str = "amara.example", *categories: str) -> CustomerId:
    """A customer who gave the purpose for ``categories``, or for everything."""
    customer_id = desk.parts.customer(subject)
    desk.parts.decide(customer_id, HISTORY, "given", set(categories) or None)
    return customer_id


async def test_own_record_is_told_with_its_source(desk: Desk) -> None:
    amara = allowed(desk)
    order(desk, "amara.example", "W123")

    reply = await desk.say(amara, WHERE)

    assert "Your order W123 with the Alder kettle" in reply.text
    (citation,) = reply.citations
    assert citation.kind == "event"
    assert citation.ref.startswith("https://shop.example#amara.example/")


async def test_uses_and_access_log_say_exactly_what_the_reply_says(desk: Desk) -> None:
    amara = allowed(desk)
    order(desk, "amara.example", "W123")
    order(desk, "amara.example", "W124", items=[{"item_id": "l", "name": "Reed lamp"}])

    reply = await desk.say(amara, WHERE)

    uses, (access,) = desk.uses(amara), desk.accesses(amara)
    assert [(use.item_id, use.category, use.purpose) for use in uses] == [
        (item.id, item.category, item.purpose) for item in reply.used
    ]
    assert {use.item_id for use in uses} == {citation.id for citation in reply.citations}
    assert len(uses) == 1, "the lamp was read and not used"
    assert access.item_ids == tuple(item.id for item in reply.used)
    assert access.items == 2
    assert (access.role, access.purpose) == (Role.ASSISTANT, HISTORY)
    assert access.categories == {"orders", "returns"}
    assert access.turn_key == uses[0].turn_key


async def test_reading_that_found_nothing_is_in_the_access_log(desk: Desk) -> None:
    amara = allowed(desk)
    order(desk, "amara.example", "W123")

    reply = await desk.say(amara, "where is my tent?")

    (access,) = desk.accesses(amara)
    assert reply.abstained
    assert access.items == 1
    assert access.item_ids == ()
    assert desk.uses(amara) == []


async def test_stored_reply_that_is_sent_again_is_no_second_use(desk: Desk) -> None:
    amara = allowed(desk)
    order(desk, "amara.example", "W123")

    first = await desk.say(amara, WHERE, turn_id="t1")
    again = await desk.say(amara, WHERE, turn_id="t1")

    assert first == again
    assert len(desk.uses(amara)) == 1
    assert [(entry.reading, entry.items) for entry in desk.accesses(amara)] == [
        ("discarded", 1),
        ("answer", 1),
    ], "what was opened beside the stored reply is told too"


async def test_without_a_grant_history_is_never_opened_and_consent_is_offered(desk: Desk) -> None:
    amara = desk.parts.customer("amara.example")
    order(desk, "amara.example", "W123")

    reply = await desk.say(amara, WHERE)

    assert desk.reader.grants == []
    assert "W123" not in reply.text
    assert reply.actions[0].kind == "consent"
    assert (reply.actions[0].purpose, reply.actions[0].categories) == (
        HISTORY, ("orders", "returns"),
    )  # fmt: skip
    assert reply.withheld == ("orders", "returns")
    assert desk.accesses(amara) == desk.uses(amara) == []


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("where is my order?", {"orders", "returns"}),
        ("is my kettle under warranty?", {"orders"}),
        ("when did I call you?", {"calls"}),
        ("what happened to my complaint?", {"support_cases"}),
        ("which store did I visit?", {"store_visits"}),
        ("what did I look at yesterday?", {"browsing"}),
        ("how did I rate the kettle?", {"satisfaction"}),
        ("what is in my basket?", {"browsing"}),
    ],
)
async def test_only_the_categories_that_the_question_needs_are_asked_for(
    desk: Desk, text: str, categories: set[str]
) -> None:
    await desk.say(allowed(desk), text)

    assert [grant.categories for grant in desk.reader.grants] == [categories]


@pytest.mark.parametrize(
    "text", ["When do the stores open?", "who won the regatta?", "hello", "my kettle is loud"]
)
async def test_question_that_needs_no_history_opens_none(desk: Desk, text: str) -> None:
    await desk.say(allowed(desk), text)

    assert desk.reader.grants == []


async def test_category_that_was_not_given_stays_closed_and_is_offered(desk: Desk) -> None:
    amara = allowed(desk, "amara.example", "orders")

    reply = await desk.say(amara, "what did I look at last week?")

    assert desk.reader.grants == []
    assert reply.actions[0].categories == ("browsing",)


async def test_refusing_everything_leaves_the_articles_as_they_are(desk: Desk) -> None:
    yes, no = allowed(desk, "amara.example"), desk.parts.customer("dmitri.example")
    desk.parts.decide(no, HISTORY, "refused")
    question = "How long can I return home goods?"

    first, second = await desk.say(yes, question), await desk.say(no, question)

    assert first.sentences == second.sentences
    assert "within 30 days" in second.text


async def test_visitor_opens_no_history_whatever_was_decided(desk: Desk) -> None:
    visitor = desk.visitor()
    desk.parts.decide(visitor, HISTORY)

    await desk.say(visitor, "where is my order?", role=Role.VISITOR)

    assert desk.reader.grants == []


async def test_withdrawal_counts_in_the_next_turn(desk: Desk) -> None:
    amara = allowed(desk)
    order(desk, "amara.example", "W123")
    before = await desk.say(amara, WHERE)

    await desk.withdraw(amara)
    after = await desk.say(amara, WHERE, conversation=before.conversation)

    assert "W123" in before.text
    assert "W123" not in after.text
    assert all(citation.kind != "event" for citation in after.citations)


async def test_follow_up_after_a_withdrawal_knows_nothing_of_what_was_said(desk: Desk) -> None:
    amara = allowed(desk)
    order(desk, "amara.example", "W123", total=39.9)
    before = await desk.say(amara, WHERE)

    await desk.withdraw(amara)
    after = await desk.say(amara, "and what did it cost?", conversation=before.conversation)

    assert "39.9" not in after.text
    assert after.used == ()


async def test_withdrawal_between_reading_and_committing_discards_what_was_read(
    desk: Desk,
) -> None:
    amara = allowed(desk)
    order(desk, "amara.example", "W123")
    desk.responder.meanwhile = lambda: desk.withdraw(amara)

    reply = await desk.say(amara, WHERE)

    assert len(desk.reader.grants) == 1, "it had been opened"
    _assert_knows_nothing(desk, amara, reply)


async def test_withdrawal_after_composing_discards_it_too(desk: Desk) -> None:
    """The reply that names the order is made already when the customer takes consent back."""
    amara = allowed(desk)
    order(desk, "amara.example", "W123")
    respond, drafts = desk.responder.respond_now, []

    def respond_then_withdraw(*arguments: object) -> object:
        drafts.append(respond(*arguments))  # type: ignore[arg-type] # passed through
        if len(drafts) == 1:
            desk.parts.decide(amara, HISTORY, "withdrawn")
        return drafts[-1]

    desk.responder.respond_now = respond_then_withdraw  # type: ignore[method-assign, assignment]

    reply = await desk.say(amara, WHERE)

    assert "W123" in drafts[0].sentences[0].text
    _assert_knows_nothing(desk, amara, reply)


def _assert_knows_nothing(desk: Desk, customer_id: CustomerId, reply: Reply) -> None:
    assert "W123" not in reply.text
    assert all(citation.kind != "event" for citation in reply.citations)
    assert reply.used == ()
    assert reply.actions[0].kind == "consent"
    assert desk.uses(customer_id) == []


async def test_giving_more_in_between_also_composes_again(desk: Desk) -> None:
    """Any decision moves the epoch; a grant is true for one epoch only."""
    amara = allowed(desk, "amara.example", "orders")
    order(desk, "amara.example", "W123")

    async def give_more() -> None:
        desk.parts.decide(amara, HISTORY, "given", {"calls"})

    desk.responder.meanwhile = give_more

    assert "W123" not in (await desk.say(amara, WHERE)).text
    assert "W123" in (await desk.say(amara, WHERE)).text


async def test_number_of_another_customers_order_says_nothing(desk: Desk) -> None:
    amara = allowed(desk, "amara.example")
    bruno = allowed(desk, "bruno.example")
    order(desk, "amara.example", "W11111")
    order(desk, "bruno.example", "W22222")

    for text in ("where is order W22222?", "what is in #W22222?", "my kettle W22222"):
        reply = await desk.say(amara, text)
        assert reply.used == ()
        assert "W22222" not in reply.text
    assert "W22222" in (await desk.say(bruno, "where is order W22222?")).text


QUESTIONS = (
    "where is my kettle?", "what did I order?", "show me all my orders", "where is my lamp?",
    "how much did I pay for the kettle?", "what was my last order?", "did my desk arrive?",
    "where is order W1003?", "and the other one?", "when did it arrive?",
)  # fmt: skip
PRODUCTS = ("Alder kettle", "Reed lamp", "Oak desk")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_nothing_of_another_customer_is_ever_used(desk: Desk, seed: int) -> None:
    """Many customers with the same few products; everything cited is the speaker's own."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    subjects = [f"customer{number}.example" for number in range(8)]
    customers = {subject: allowed(desk, subject) for subject in subjects}
    owners = {f"W{1000 + number}": chance.choice(subjects) for number in range(24)}
    for order_id, subject in owners.items():
        name = chance.choice(PRODUCTS)
        order(
            desk, subject, order_id, days_ago=chance.randrange(1, 60),
            items=[{"item_id": name, "name": name, "price": 10}],
        )  # fmt: skip

    for subject, customer_id in customers.items():
        conversation = None
        for text in chance.sample(QUESTIONS, 6):
            reply = await desk.say(customer_id, text, conversation=conversation)
            conversation = reply.conversation
            events = [citation for citation in reply.citations if citation.kind == "event"]
            assert all(f"#{subject}/" in citation.ref for citation in events)
            told = {order_id for order_id in owners if order_id in reply.text}
            assert {owners[order_id] for order_id in told} <= {subject}
