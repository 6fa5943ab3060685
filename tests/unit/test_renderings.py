from typing import Any

import pytest

from assistant.channels.event_forms import EVENT_FORMS
from assistant.channels.phrases import MAX_RENDERING, clean, with_article
from assistant.core.wording import listing

KETTLE = {"item_id": "K1", "name": "Alder 1.7 L electric kettle", "options": {"colour": "slate"}}
FILTERS = {"item_id": "F1", "name": "Pebble filters", "quantity": 2}

SAID: list[tuple[str, dict[str, Any], str]] = [
    (
        "order.placed",
        {"order_id": "#W123", "items": [KETTLE, FILTERS], "total": 67.8, "currency": "EUR",
         "expected": "3 November"},
        "You ordered an Alder 1.7 L electric kettle (colour: slate) and 2 \u00d7 Pebble filters, "
        "order #W123 for 67.80 EUR in total, expected 3 November.",
    ),
    (
        "order.shipped",
        {"order_id": "#W123", "items": [KETTLE], "carrier": "Quillpost", "expected": "3 November"},
        "Your order #W123 with an Alder 1.7 L electric kettle (colour: slate) was sent by "
        "Quillpost, expected 3 November.",
    ),
    ("order.delivered", {"order_id": "9"}, "Your order 9 was delivered."),
    (
        "order.cancelled",
        {"order_id": "9", "reason": "ordered twice"},
        "Your order 9 was cancelled, because: ordered twice.",
    ),
    (
        "order.changed",
        {"order_id": "9", "items": [FILTERS]},
        "Your order 9 was changed: it now has 2 \u00d7 Pebble filters.",
    ),
    (
        "return.requested",
        {"order_id": "9", "item_ids": ["K1"], "reason": "too loud"},
        "You asked to return item K1 from order 9, because: too loud.",
    ),
    (
        "return.label_printed",
        {"order_id": "9", "items": [KETTLE]},
        "You printed the return label for an Alder 1.7 L electric kettle (colour: slate) "
        "from order 9.",
    ),
    (
        "return.received",
        {"order_id": "9", "item_ids": ["K1", "F1"]},
        "We received your return of items K1 and F1 from order 9.",
    ),
    (
        "exchange.requested",
        {"order_id": "9"},
        "You asked to exchange items from order 9.",
    ),
    (
        "refund.paid",
        {"order_id": "9", "amount": {"amount": 12.5, "currency": "EUR"}},
        "A refund of 12.50 EUR was paid for order 9.",
    ),
    ("page.viewed", {"title": "Quiet vacuums"}, "You looked at the page Quiet vacuums."),
    ("search.made", {"query": "kettle"}, "You searched our shop for “kettle”."),
    ("cart.updated", {"items": [FILTERS]}, "Your basket has 2 \u00d7 Pebble filters."),
    ("checkout.started", {}, "You began to check out."),
    (
        "case.opened",
        {"case_id": "C-1", "topic": "the chair", "text": "It sinks."},
        "You opened case C-1 about the chair: It sinks.",
    ),
    ("case.message", {"case_id": "C-1", "text": "Hello!"}, "A message in case C-1: Hello!"),
    ("case.resolved", {"case_id": "C-1"}, "Your case C-1 was resolved."),
    (
        "call.completed",
        {"topic": "a late parcel", "minutes": 4.5},
        "You talked with us on the phone for 4.5 minutes about a late parcel.",
    ),
    (
        "store.visited",
        {"store": "Larkhaven", "items": [FILTERS]},
        "You visited our store Larkhaven and bought 2 \u00d7 Pebble filters.",
    ),
    (
        "subscription.started",
        {"subscription_id": "S1", "name": "Garden Box Small"},
        "You started your subscription of Garden Box Small (S1).",
    ),
    (
        "subscription.paused",
        {"name": "Garden Box Small", "until": "1 May"},
        "You paused your subscription of Garden Box Small until 1 May.",
    ),
    ("subscription.cancelled", {}, "You cancelled your subscription of deliveries."),
    (
        "warranty.registered",
        {"item_id": "K1", "order_id": "9", "until": "1 May 2029"},
        "You registered the warranty of your item K1, order 9, valid until 1 May 2029.",
    ),
    (
        "review.given",
        {"name": "Oak pan", "rating": 5, "text": "Lovely."},
        "You reviewed Oak pan, rating 5, and said: Lovely.",
    ),
    (
        "satisfaction.given",
        {"rating": 2},
        "You told us how satisfied you were with our service, rating 2.",
    ),
    (
        "device.reading",
        {"device": "Tern robot mop", "metric": "battery", "value": 94, "unit": "%"},
        "Your Tern robot mop reported battery: 94 %.",
    ),
    (
        "trip.completed",
        {"km": 12.25, "minutes": 20, "harsh_brakes": 1, "night_km": 0, "max_speed": 90},
        "You drove 12.25 km in 20 minutes, at most 90 km/h, braking hard 1 times.",
    ),
    (
        "job.step",
        {"job": "exchange_an_item", "step": "label_printed"},
        "In “exchange an item” you did the step “label printed”.",
    ),
    (
        "action.result",
        {"action": "skip_box", "ok": False, "detail": "too late"},
        "“skip box” could not be done: too late.",
    ),
]  # fmt: skip


def say(event_type: str, data: dict[str, Any]) -> str:
    form = EVENT_FORMS[event_type]
    rendering: str = form.rendering(form.payload.model_validate(data))
    return rendering


@pytest.mark.parametrize(("event_type", "data", "said"), SAID, ids=[entry[0] for entry in SAID])
def test_each_event_is_said_in_plain_words(
    event_type: str, data: dict[str, Any], said: str
) -> None:
    assert say(event_type, data) == said


def test_every_event_type_has_its_example_here() -> None:
    assert {event_type for event_type, _, _ in SAID} == set(EVENT_FORMS)


@pytest.mark.parametrize("event_type", sorted(EVENT_FORMS))
def test_the_senders_own_summary_wins(event_type: str) -> None:
    data = next(data for name, data, _ in SAID if name == event_type)

    assert say(event_type, {**data, "summary": "In our words."}) == "In our words."


def test_options_are_said_in_every_form_they_come_in() -> None:
    def with_options(options: object) -> str:
        return say("cart.updated", {"items": [{"name": "Box", "options": options}]})

    assert with_options({"size": "S", "lid": True, "gift": None}) == (
        "Your basket has a Box (size: S, lid: yes)."
    )
    assert with_options(["S", "blue"]) == "Your basket has a Box (S, blue)."
    assert with_options("small, blue") == "Your basket has a Box (small, blue)."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Oak pan", "an Oak pan"),
        ("Brio espresso machine", "a Brio espresso machine"),
        ("LED light", "an LED light"),
        ("Hiking boots", "Hiking boots"),
        ("Dress", "a Dress"),
        ("Meadow eggs (pack of 10)", "Meadow eggs (pack of 10)"),
        ("Meadow pasta 500 g", "Meadow pasta 500 g"),
        ("3-piece set", "3-piece set"),
        ("🎁", "🎁"),
    ],
)
def test_articles_follow_the_name(name: str, said: str) -> None:
    assert with_article(name) == said


def test_long_lists_are_counted_and_long_texts_cut() -> None:
    assert listing([str(n) for n in range(20)], most=3) == "0, 1 and 18 more"
    assert listing([]) == ""
    said = say("call.completed", {"transcript": "words " * 1000})
    assert len(said) == MAX_RENDERING
    assert said.endswith("…")


def test_a_rendering_is_one_line_without_control_characters() -> None:
    assert clean("a\x00b\r\nc\u2028d\ufeff\te") == "a b c d e"
