"""What is understood of a sentence, by a table; each row was read by a person."""

import pytest

from assistant.dialogue.record_aspects import RecordAspect
from assistant.dialogue.understanding import ORDER_NUMBER, understand

TABLE: list[tuple[str, str, tuple[RecordAspect, ...]]] = [
    ("where is my order?", "own", ("status",)),
    ("when will my parcel arrive", "own", ("arrival",)),
    ("When does my kettle come?", "own", ("arrival",)),
    ("has my toaster shipped?", "own deeds", ("status",)),
    ("did my tent arrive?", "own deeds", ("delivered",)),
    ("my parcel hasn't come", "own", ("arrival",)),
    ("still waiting for my delivery", "own", ("arrival",)),
    ("is anything on its way to me?", "own", ("arrival", "status")),
    ("what did I order last month?", "own deeds", ("contents",)),
    ("what was in my last order?", "own deeds", ("contents",)),
    ("what\u2019s in order #W4521?", "own deeds", ("contents",)),
    ("Where is order 71204518?", "own deeds", ("status",)),
    ("show me all my orders", "own deeds", ("list",)),
    ("what is my order history", "own deeds", ("list", "contents")),
    ("how much did I pay for the duvet?", "own deeds", ("price",)),
    ("how much was the kettle?", "own", ("price",)),
    ("where did you send my order?", "own", ("address",)),
    ("when did I order the chair?", "own deeds", ("placed",)),
    ("why was my order cancelled?", "own deeds", ("reason",)),
    ("why did I return it?", "own deeds", ("reason", "returned")),
    ("did I get my refund?", "own deeds", ("refund",)),
    ("when do I get my money back?", "own", ("refund", "arrival")),
    ("where is my return?", "own", ("returned", "status")),
    ("can I still return my kettle?", "own general", ("returned",)),
    ("I want to send the vacuum back", "own general", ("returned",)),
    ("I want to cancel my order", "own general", ()),
    ("pause my subscription", "own general", ("subscription",)),
    ("is my coffee subscription still paused?", "own", ("subscription", "status")),
    ("is my vacuum still under warranty?", "own general", ("warranty",)),
    ("how long is the warranty on my espresso machine?", "own general", ("warranty",)),
    ("is my mixer covered?", "own", ("warranty",)),
    ("what is the status of my case?", "own", ("case", "status")),
    ("any news on my complaint?", "own", ("case", "status")),
    ("what happened with my repair?", "own", ("case", "status")),
    ("when did I call you?", "own deeds", ("call",)),
    ("what did we talk about on the phone?", "own deeds", ("call",)),
    ("why did I call?", "own deeds", ("reason", "call")),
    ("which store did I visit?", "own deeds", ("visit",)),
    ("what did I buy in the store?", "own deeds", ("visit", "contents")),
    ("what did I look at last week?", "own deeds", ("viewed",)),
    ("what did I search for yesterday?", "own deeds", ("viewed",)),
    ("what is in my basket?", "own deeds", ("basket", "contents")),
    ("how did I rate the air fryer?", "own deeds", ("rated",)),
    ("how is the battery of my robot?", "own", ("reading",)),
    ("I received the wrong item", "own", ()),
    ("I ordered a lamp two weeks ago and it still hasn't arrived", "own", ("arrival",)),
    ("which colour is my kettle order?", "own", ("contents",)),
    ("what size is my chair", "", ("contents",)),
    ("who delivered my kettle", "own", ("delivered",)),
    ("have I been refunded for the mixer?", "own", ("refund",)),
    ("did you receive my parcel?", "own", ("returned",)),
    ("how do I return something?", "general", ("returned",)),
    ("how do I descale the kettle?", "general", ()),
    ("when do I have to descale my espresso machine?", "general", ()),
    ("how do I track my order?", "own general", ("status",)),
    ("do you deliver on Sundays?", "general", ()),
    ("what are your opening hours?", "", ()),
    ("how much is delivery?", "general", ("price",)),
    ("can I pay by gift card?", "general", ("price",)),
    ("what happens if I miss the driver?", "general", ()),
    ("is it possible to change the slot?", "general", ()),
    ("how long does a refund take?", "general", ("refund",)),
    ("my vacuum is too loud", "", ()),
    ("my baby monitor beeps every night", "", ()),
    ("how do I change the battery of my robot mop?", "general", ("reading",)),
    ("where is the nearest store?", "", ("status",)),
    ("is there parking at the store?", "", ()),
    ("do I need to register a warranty?", "general", ("warranty",)),
    ("what can I cook with eggs?", "general", ()),
    ("are your eggs free range?", "", ()),
    ("what is the return policy?", "general", ("returned",)),
    ("am I allowed to return opened food?", "general", ("returned",)),
    ("do you sell gift cards?", "general", ()),
]


@pytest.mark.parametrize(("text", "flags", "aspects"), TABLE)
def test_sentence_asks_for(text: str, flags: str, aspects: tuple[RecordAspect, ...]) -> None:
    asked = understand(text, None)

    found = {"own": asked.own, "general": asked.general, "deeds": asked.deeds}
    assert {name for name, holds in found.items() if holds} == set(flags.split())
    assert asked.aspects == aspects


FOLLOW_UPS = [
    "and the other one?",
    "when did it arrive?",
    "until when?",
    "and what did it cost?",
    "what else is in that order?",
    "how about returning it?",
    "why?",
]
ALONE = [
    "where is my kettle?",
    "how much is delivery?",
    "is it possible to change the slot?",
    "what are your opening hours?",
    "is there parking at the store?",
    "🙂",
    "it is a long story but " + "it goes on and on " * 5,
]


@pytest.mark.parametrize(
    "text", ["Can I still cancel the order with the sneakers?", "change the order of the lamp"]
)
def test_an_order_told_by_what_is_in_it_is_the_customers_own(text: str) -> None:
    assert understand(text, None).own


@pytest.mark.parametrize("text", FOLLOW_UPS)
def test_leans_on_the_turn_before(text: str) -> None:
    assert understand(text, None).follow_up


@pytest.mark.parametrize("text", ALONE)
def test_stands_alone(text: str) -> None:
    assert not understand(text, None).follow_up


@pytest.mark.parametrize("text", ["is it lost?", "where is that order", "cancel them", "why that?"])
def test_names_something_of_the_turn_before(text: str) -> None:
    assert understand(text, None).refers


@pytest.mark.parametrize("text", ["is it possible to pay cash?", "is anything on its way?"])
def test_names_nothing_of_the_turn_before(text: str) -> None:
    assert not understand(text, None).refers


@pytest.mark.parametrize(
    "number", ["#W123", "#12345", "W4521", "SUB-2207", "order 481", "71204518"]
)
def test_numbers_of_orders_are_seen(number: str) -> None:
    assert ORDER_NUMBER.search(f"where is {number}?")


@pytest.mark.parametrize("text", ["in 2024", "500 g of flour", "call 0800", "the A4 paper", "24/7"])
def test_other_numbers_are_not(text: str) -> None:
    assert not ORDER_NUMBER.search(text)


def test_small_talk_is_passed_on() -> None:
    assert understand("hi", "greeting").small_talk == "greeting"
