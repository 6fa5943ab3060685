"""Which records are meant; each test that names a wrong answer was one once."""

from datetime import timedelta

import pytest
from tests.dialogue_parts import choose, names, said
from tests.history_parts import JUG, KETTLE, START, event, story

from assistant.core.events import HistoryEvent, JsonValue
from assistant.dialogue.record_choice import SaidBefore

VACUUM: JsonValue = {"item_id": "v1", "name": "Dune cordless vacuum", "price": 219.0}
KNIVES: JsonValue = {"item_id": "s1", "name": "Sorrel knife set", "price": 89.9}
CREAM: JsonValue = {"item_id": "k2", "name": "Alder kettle", "options": {"colour": "cream"}}
LAMP: JsonValue = {"item_id": "l1", "name": "Reed floor lamp"}


def placed(order_id: str, *items: JsonValue, day: float) -> HistoryEvent:
    return event("order.placed", day=day, order_id=order_id, items=list(items))


def delivered(order_id: str, *, day: float) -> HistoryEvent:
    return event("order.delivered", day=day, order_id=order_id)


def shop() -> list[HistoryEvent]:
    """Four orders: two came, one is under way, one was cancelled; a return, a case, and more."""
    return [
        placed("W11", KETTLE, JUG, day=1),
        delivered("W11", day=4),
        placed("W12", VACUUM, day=10),
        delivered("W12", day=13),
        placed("W13", KNIVES, day=26),
        event("order.shipped", day=28, order_id="W13"),
        placed("W14", CREAM, day=14),
        event("order.cancelled", day=15, order_id="W14", reason="ordered twice"),
        event("return.requested", day=20, category="returns", order_id="W12", item_ids=["v1"]),
        event("subscription.started", day=3, subscription_id="S1", name="Harbour coffee, monthly"),
        event("case.opened", day=21, category="support_cases", case_id="C1", topic="Dune vacuum"),
        event("warranty.registered", day=5, item_id="k1", until="2026-03-04"),
        event("call.completed", day=18, category="calls", summary="You called about the vacuum."),
        event("search.made", day=27, category="browsing", query="bread knife"),
        event("page.viewed", day=25, category="browsing", title="Oak board"),
        event("store.visited", day=9, category="store_visits", store="Larkhaven"),
        event("review.given", day=17, category="satisfaction", name="Alder kettle", rating=4),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("when did my vacuum arrive?", ["W12"]),
        ("how much did I pay for the vacuum?", ["W12"]),
        ("where are my knives?", ["W13"]),
        ("what did the Sorrel knife set cost?", ["W13"]),
        ("when did the jug come?", ["W11"]),
        ("is my cream kettle cancelled?", ["W14"]),
        ("how much was the black kettle?", ["W11"]),
        ("where is W12?", ["W12"]),
        ("where are W11 and W13?", ["W13", "W11"]),
        ("what was my last order?", ["W13"]),
        ("what was in my first order?", ["W11"]),
        ("where is my order?", ["W13"]),
        ("when did my order arrive?", ["W12"]),
        ("why was my order cancelled?", ["W14"]),
        ("show me my cancelled orders", ["W14"]),
        ("show me all my orders", ["W13", "W14", "W12", "W11"]),
        ("where is my return?", ["return of W12"]),
        ("when does my coffee come?", ["Harbour coffee, monthly"]),
        ("what about my complaint?", ["C1"]),
        ("when did I call you?", ["call You called about the vacuum."]),
        ("which store did I visit?", ["store_visit Larkhaven"]),
        ("what did I look at?", ["search bread knife", "page Oak board"]),
        ("how did I rate the kettle?", ["review Alder kettle"]),
        ("is my kettle still covered?", ["warranty Alder kettle (black, 1.5 l)"]),
    ],
)
def test_what_is_named_is_meant(text: str, found: list[str]) -> None:
    assert names(choose(shop(), text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "did my tent arrive?",
        "has my toaster shipped?",
        "where is my electric bike?",
        "what did the green sofa cost?",
        "did I call about the sofa?",
        "where is my kettle W99999?",
        "where is order 4711?",
        "what's in order #W9999?",
        "what is in my basket?",
    ],
)
def test_things_and_numbers_of_nobody_knows_whom_mean_nothing(text: str) -> None:
    assert choose(shop(), text).hits == ()


def test_question_about_nothing_of_ones_own_means_no_record() -> None:
    assert choose(shop(), "who won the world cup?").hits == ()
    assert choose(shop(), "🙂").hits == ()
    assert choose(shop(), "wo ist meine Lampe?").hits == ()


def test_part_that_says_what_a_thing_is_counts_more_than_how_it_is() -> None:
    events = [placed("W1", {"item_id": "e", "name": "Alder electric kettle"}, day=1)]

    assert names(choose(events, "where is my kettle?")) == ["W1"]
    assert choose(events, "where is my electric bike?").hits == ()


def test_named_items_are_told_from_the_rest_of_the_order() -> None:
    (meant,) = choose(shop(), "what did the jug cost?").hits

    assert [item.name for item in meant.items] == ["Pebble jug"]


def test_all_orders_under_way_are_meant_where_none_is_named() -> None:
    events = [*shop(), placed("W15", LAMP, day=29)]

    choice = choose(events, "where is my order?")

    assert names(choice) == ["W15", "W13"]
    assert choice.as_list


def test_latest_order_is_meant_where_nothing_is_under_way() -> None:
    assert names(choose(story(), "where is my order?")) == ["#W2"]


def test_many_alike_are_not_clear_unless_a_list_is_asked_for() -> None:
    events = [placed(f"W{number}", KETTLE, day=number) for number in range(20, 27)]

    assert not choose(events, "what did my kettle cost?").clear
    assert choose(events, "show me all my orders").clear


def test_state_that_is_asked_about_tells_twins_apart() -> None:
    assert names(choose(shop(), "when did my kettle arrive?")) == ["W11"]
    assert names(choose(shop(), "can I still return my kettle?")) == ["W11"]


def test_return_is_not_what_a_cancelled_order_was_refunded_by() -> None:
    events = [*shop(), event("refund.paid", day=16, category="returns", order_id="W14", amount=5)]

    assert names(choose(events, "can I return my cream kettle?")) == ["W14"]
    assert names(choose(events, "did I get a refund for the cream kettle?")) == ["return of W14"]


def test_asked_for_a_warranty_that_is_not_there_the_order_stands_beside() -> None:
    choice = choose(shop(), "is my vacuum under warranty?")

    assert names(choice) == ["W12"]
    assert choice.beside == "warranty"


def test_refund_that_is_not_there_is_not_replaced_by_just_any_order() -> None:
    events = [placed("W11", KETTLE, day=1)]

    assert choose(events, "did I get my refund?").hits == ()
    assert choose(events, "did I get a refund for my kettle?").beside == "refund"


def test_open_return_and_case_are_told_with_the_order() -> None:
    found = names(choose(shop(), "what is happening with my vacuum?"))

    assert found == ["W12", "return of W12", "C1"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("what did I order on 11 March?", ["W12"]),
        ("what did I order last week?", ["W13"]),
        ("what did I order on 11 March and when did it come?", ["W12"]),
        ("what came on 14 March?", ["W12"]),
        ("what did I buy between 1 March and 3 March?", ["W11"]),
        ("what did I look at last week?", ["search bread knife", "page Oak board"]),
    ],
)
def test_time_that_is_named_counts(text: str, found: list[str]) -> None:
    assert names(choose(shop(), text)) == found


def test_time_in_which_nothing_happened_is_said() -> None:
    choice = choose(shop(), "what did I order in January?")

    assert choice.hits == ()
    assert choice.not_in == "January"


def test_order_counts_by_the_day_it_was_placed_when_buying_is_asked_about() -> None:
    assert choose(shop(), "what did I order on 14 March?").not_in == "14 March"


def test_time_to_come_does_not_hide_what_is_under_way() -> None:
    assert names(choose(shop(), "will my order arrive tomorrow?")) == ["W13"]


def _after(text: str) -> SaidBefore:
    return said(choose(shop(), text), text)


@pytest.mark.parametrize(
    ("before", "text", "found"),
    [
        ("where is my vacuum?", "when did it arrive?", ["W12"]),
        ("how much was my jug?", "and when was it delivered?", ["W11"]),
        ("when did my vacuum arrive?", "can I still return it?", ["return of W12"]),
        (
            "when did the jug come?",
            "is it under warranty?",
            ["warranty Alder kettle (black, 1.5 l)"],
        ),
        ("when does my coffee come?", "until when?", ["Harbour coffee, monthly"]),
        ("when did my vacuum arrive?", "and the knives?", ["W13"]),
        ("when did my vacuum arrive?", "when did the kettle arrive, is it the black one?", ["W11"]),
        ("when did my kettle arrive?", "and the other one?", ["W14"]),
        ("where are my knives?", "and the other one?", []),
        ("what was my last order?", "and the other one?", ["W14"]),
        ("when did my vacuum arrive?", "and the tent?", []),
        ("when did my vacuum arrive?", "what did I order last week?", ["W13"]),
        ("when did my vacuum arrive?", "pause my subscription", ["Harbour coffee, monthly"]),
        ("when does my coffee come?", "did I call about it?", []),
    ],
)
def test_follow_up_means_what_was_spoken_of(before: str, text: str, found: list[str]) -> None:
    assert names(choose(shop(), text, before=_after(before))) == found


def test_item_that_was_spoken_of_is_still_the_one_that_is_meant() -> None:
    (meant,) = choose(shop(), "and what did it cost?", before=_after("when did my jug come?")).hits

    assert [item.name for item in meant.items] == ["Pebble jug"]


def test_nothing_stored_means_nothing() -> None:
    assert choose([], "where is my order?").hits == ()


def test_word_that_any_record_could_be_called_by_is_a_thing_to_whoever_bought_one() -> None:
    events = [*shop(), placed("W16", {"item_id": "c", "name": "Reed phone case"}, day=2)]

    assert names(choose(events, "what did my phone case cost?")) == ["W16"]


def test_names_of_items_are_carried_by_the_event_that_says_them() -> None:
    choice = choose(shop(), "where is my return?")

    assert choice.naming["v1"].type == "order.placed"


def test_days_are_those_of_the_question() -> None:
    yesterday = START + timedelta(days=27)

    assert names(choose(shop(), "what did I order yesterday?", now=yesterday)) == ["W13"]
