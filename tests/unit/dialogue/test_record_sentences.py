"""How records are told: every kind and every state."""

from datetime import timedelta

import pytest
from tests.dialogue_parts import NOW, choose, told
from tests.history_parts import event, story
from tests.record_events import (
    ANSWERED,
    CANCELLED,
    DELIVERED,
    EXCHANGE,
    LABEL,
    OPENED,
    PARTLY,
    PAUSED,
    PLACED,
    RECEIVED,
    REFUNDED,
    REQUESTED,
    RESOLVED,
    SHIPPED,
    STARTED,
)

from assistant.core.events import HistoryEvent
from assistant.dialogue.record_sentences import record_label, tell_line
from assistant.dialogue.record_wording import Telling, said_day, things
from assistant.retrieval.record_types import OrderItem
from assistant.retrieval.records import project_records


def sentences(text: str, *events: HistoryEvent) -> list[str]:
    return [statement.text for statement in told(choose(events, text), text)]


@pytest.mark.parametrize(
    ("events", "text", "sentence"),
    [
        (
            [PLACED],
            "where is my order?",
            "Your order W1 with the Alder kettle and the Pebble jug was placed on 1 March, "
            "has not been sent yet and is expected on 5 March.",
        ),
        (
            [PLACED, SHIPPED],
            "where is my kettle?",
            "Your order W1 with the Alder kettle and 1 more item was sent on 2 March with "
            "Heron Post and is expected on 4 March.",
        ),
        (
            [PLACED, PARTLY],
            "where is my order?",
            "Your order W1 with the Alder kettle and the Pebble jug was partly delivered on "
            "3 March by Heron Post.",
        ),
        (
            [PLACED, DELIVERED],
            "when did my order arrive?",
            "Your order W1 with the Alder kettle and the Pebble jug was delivered on 4 March by "
            "Heron Post.",
        ),
        (
            [PLACED, CANCELLED],
            "where is my order?",
            "Your order W1 with the Alder kettle and the Pebble jug was cancelled on 2 March.",
        ),
        (
            [PLACED, CANCELLED],
            "why was my order cancelled?",
            "Order W1 was cancelled on 2 March; the reason given was “ordered twice”.",
        ),
        (
            [PLACED],
            "what was in my last order?",
            "Order W1, placed on 1 March, has the Alder kettle (black, 1.5 l) and "
            "2 \u00d7 Pebble jug.",
        ),
        ([PLACED], "how much did my kettle cost?", "In order W1, the Alder kettle cost 39.90 EUR."),
        (
            [PLACED],
            "how much was my order?",
            "Order W1 came to 59.90 EUR: the Alder kettle 39.90 EUR.",
        ),
        ([PLACED], "what is the address of my order?", "Order W1 goes to 1 Mill Lane."),
        (
            [PLACED, DELIVERED],
            "what is the address of my order?",
            "Order W1 went to 1 Mill Lane.",
        ),
        (
            [PLACED],
            "when did I order the jug?",
            "Your order W1 with the Pebble jug and 1 more item was placed on 1 March.",
        ),
        (
            [DELIVERED],
            "where is my order?",
            "Your order W1 was delivered on 4 March by Heron Post.",
        ),
        (
            [PLACED, REQUESTED],
            "where is my return?",
            "Your return of the Pebble jug from order W1 was requested on 6 March; "
            "no label has been printed yet.",
        ),
        (
            [PLACED, REQUESTED, LABEL],
            "where is my return?",
            "Your return of the Pebble jug from order W1 has had its label since 7 March; "
            "the parcel has not reached us yet.",
        ),
        (
            [PLACED, REQUESTED, RECEIVED],
            "where is my return?",
            "Your return of the Pebble jug from order W1 reached us on 9 March; "
            "the refund has not been paid yet.",
        ),
        (
            [PLACED, REQUESTED, REFUNDED],
            "did I get my refund?",
            "10.00 EUR for the Pebble jug from order W1 was refunded on 10 March.",
        ),
        ([REFUNDED], "did I get my refund?", "10.00 EUR for order W1 was refunded on 10 March."),
        (
            [PLACED, REQUESTED],
            "why did I return the jug?",
            "The reason you gave was “chipped”.",
        ),
        (
            [PLACED, EXCHANGE],
            "what about my exchange?",
            "Your exchange of the Alder kettle from order W1 was requested on 6 March; "
            "no further step is recorded yet.",
        ),
        (
            [STARTED],
            "what about my subscription?",
            "Your subscription “Green box” has been running since 2 March.",
        ),
        (
            [STARTED, PAUSED],
            "is my subscription paused?",
            "Your subscription “Green box” has been paused since 5 March, until 20 March.",
        ),
        (
            [STARTED, event("subscription.cancelled", day=5, subscription_id="S1")],
            "is my subscription cancelled?",
            "Your subscription “Green box” was cancelled on 6 March.",
        ),
        (
            [OPENED],
            "what about my complaint?",
            "Your case C1 (Chipped jug) was opened on 5 March and is still open.",
        ),
        (
            [OPENED, RESOLVED],
            "what about my complaint?",
            "Your case C1 (Chipped jug) was opened on 5 March and was resolved on 7 March.",
        ),
        (
            [event("warranty.registered", item_id="k1", name="Alder kettle", until="2027-03-04")],
            "is my kettle still covered?",
            "Your warranty for the Alder kettle runs until 4 March 2027.",
        ),
        (
            [event("call.completed", day=2, rendering="You talked with us on the phone")],
            "when did I call you?",
            "On 3 March you talked with us on the phone.",
        ),
        (
            [event("page.viewed", day=2, title="Toaster", rendering="Seen: Toaster")],
            "what did I look at?",
            "On 3 March: Seen: Toaster.",
        ),
    ],
)
def test_record_is_told(events: list[HistoryEvent], text: str, sentence: str) -> None:
    assert sentences(text, *events)[0] == sentence


def test_case_is_told_with_its_last_words() -> None:
    assert sentences("what about my complaint?", OPENED)[1] == "You wrote: “It came chipped.”"
    assert sentences("what about my complaint?", OPENED, ANSWERED)[1] == (
        "The last entry, of 6 March, says: “We send a new one.”"
    )


def test_what_the_shop_calls_the_state_is_quoted() -> None:
    held = event("order.placed", order_id="W1", status="held at customs")

    assert "The shop's status is “held at customs”." in sentences("where is my order?", held)[0]


def test_two_things_asked_of_an_order_are_both_told() -> None:
    found = sentences("what was in my last order and how much did I pay?", PLACED)

    assert len(found) == 2


def test_list_has_a_line_for_each_order() -> None:
    (order,) = project_records([PLACED, SHIPPED]).orders

    assert tell_line(order, Telling(("list",), (), NOW)).text == (
        "- Order W1: the Alder kettle and the Pebble jug; "
        "sent on 2 March with Heron Post, expected on 4 March."
    )


def test_each_kind_has_a_label_that_tells_it_from_others() -> None:
    records = project_records(story()).all()
    labels = [record_label(record, Telling((), (), NOW)) for record in records]

    assert len(set(labels)) == len(labels)
    assert "Order W1: the Alder kettle and the Pebble jug" in labels


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2024-03-04", "on 4 March"),
        ("2023-11-03T10:00:00Z", "on 3 November 2023"),
        ("3 November 2025", "on 3 November 2025"),
        ("Thursday before noon", "Thursday before noon"),
    ],
)
def test_dates_are_said_as_days_and_other_words_as_they_are(text: str, said: str) -> None:
    assert said_day(text, NOW) == said


def test_event_that_names_an_item_is_cited_where_a_return_has_the_id_alone() -> None:
    choice = choose([PLACED, REQUESTED], "where is my return?")

    (statement,) = told(choice, "where is my return?")

    assert [cited.type for cited in statement.events] == ["return.requested", "order.placed"]


def test_days_of_another_year_are_told_with_it() -> None:
    later = NOW + timedelta(days=400)

    (statement,) = told(
        choose([PLACED, DELIVERED], "where is order W1?", now=later),
        "where is order W1?",
        now=later,
    )

    assert "4 March 2024" in statement.text


def test_two_kinds_of_one_thing_are_counted_not_repeated() -> None:
    items = [OrderItem(item_id=number, name="Skateboard") for number in "12"]

    said = things([*items, OrderItem(item_id="3", name="Reed lamp")])

    assert said == "2 \N{MULTIPLICATION SIGN} Skateboard and the Reed lamp"
