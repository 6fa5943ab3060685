import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.history_parts import JUG, KETTLE, event, story
from tests.proving import scaled

from assistant.core.events import HistoryEvent
from assistant.retrieval.records import project_records


def test_order_tells_its_times_and_what_they_come_from() -> None:
    records = project_records(story())

    order = records.find_order("#w1")

    assert order is not None
    assert order.status == "delivered"
    assert [item.label for item in order.items] == ["Alder kettle (black, 1.5 l)", "Pebble jug"]
    assert order.items[1].quantity == 2
    assert order.delivered == order.facts["delivered"].time
    assert (order.total, order.carrier, order.address) == (59.9, "Heron Post", "1 Mill Lane")
    assert order.facts["carrier"].type == "order.shipped"
    assert order.status_event.type == "order.delivered"


def test_number_written_in_two_ways_is_one_order() -> None:
    order = project_records(story()).find_order("W2")

    assert order is not None
    assert order.status == "cancelled"
    assert len(order.events) == 2


def test_return_takes_names_from_its_order_and_ends_with_the_refund() -> None:
    (found,) = project_records(story()).returns

    assert [item.name for item in found.items] == ["Pebble jug"]
    assert (found.status, found.amount, found.reason) == ("refunded", 10.0, "chipped")
    assert found.status_event.type == "refund.paid"


def test_other_records_keep_their_state() -> None:
    records = project_records(story())

    assert records.subscriptions[0].status == "paused"
    assert records.subscriptions[0].name == "Green box"
    assert records.cases[0].resolved is not None
    (warranty,) = records.of_kind("warranty")
    assert warranty.items[0].name == "Alder kettle"
    assert warranty.until == "2026-03-04"
    assert [moment.kind for moment in records.moments] == ["call", "page", "warranty"]


@settings(max_examples=scaled(30, 2_000), deadline=None)
@given(seed=st.integers(0, 2**32), repeats=st.integers(0, 5))
def test_records_are_the_same_in_any_order_and_with_duplicates(seed: int, repeats: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- shuffling, nothing secret
    events = story()
    shuffled = [*events, *chance.choices(events, k=repeats)]
    chance.shuffle(shuffled)

    assert project_records(shuffled) == project_records(events)


@settings(max_examples=scaled(30, 2_000), deadline=None)
@given(kept=st.sets(st.integers(0, len(story()) - 1)))
def test_missing_events_never_break_the_rest(kept: set[int]) -> None:
    events = [each for place, each in enumerate(story()) if place in kept]

    records = project_records(events)

    told = [each.event_id for record in records.all() for each in record.events]
    assert sorted(told) == sorted(each.event_id for each in events)
    for order in records.orders:
        assert order.status_event in order.events
    for found in records.returns:
        assert found.status_event in found.events


def test_order_known_only_from_its_delivery_is_delivered() -> None:
    (order,) = project_records([event("order.delivered", order_id="W9", items=[JUG])]).orders

    assert (order.status, order.placed) == ("delivered", None)
    assert order.items[0].name == "Pebble jug"


def test_part_of_an_order_can_be_delivered() -> None:
    placed = event("order.placed", order_id="W1", items=[KETTLE, JUG])
    first = event("order.delivered", day=2, order_id="W1", items=[JUG])

    (order,) = project_records([placed, first]).orders

    assert order.status == "partly_delivered"
    assert [item.delivered for item in order.items] == [None, first]


def test_second_delivery_completes_the_order() -> None:
    placed = event("order.placed", order_id="W1", items=[KETTLE, JUG])
    first = event("order.delivered", day=2, order_id="W1", items=[JUG])
    second = event("order.delivered", day=3, order_id="W1", items=[KETTLE])

    (order,) = project_records([placed, first, second]).orders

    assert order.status == "delivered"


def test_change_replaces_the_items_and_says_so() -> None:
    placed = event("order.placed", order_id="W1", items=[KETTLE])
    changed = event("order.changed", day=1, order_id="W1", items=[JUG])

    (order,) = project_records([placed, changed]).orders

    assert [item.item_id for item in order.items] == ["j1"]
    assert order.facts["items"] is changed


def test_delivery_after_a_cancellation_counts() -> None:
    events = [
        event("order.placed", order_id="W1", items=[JUG]),
        event("order.cancelled", day=1, order_id="W1"),
        event("order.delivered", day=2, order_id="W1"),
    ]

    assert project_records(events).orders[0].status == "delivered"


def test_returns_of_different_items_stay_apart() -> None:
    events = [
        event("return.requested", day=1, order_id="W1", item_ids=["k1"], id_="a"),
        event("exchange.requested", day=2, order_id="W1", item_ids=["j1"], id_="b"),
        event("return.received", day=3, order_id="W1", item_ids=["k1"]),
    ]

    kinds = {found.kind: found.status for found in project_records(events).returns}

    assert kinds == {"return": "received", "exchange": "requested"}


@pytest.mark.parametrize(
    "data",
    [
        {"items": None},
        {"items": "kettle", "total": "free"},
        {"items": [None, 3, {}, {"name": ""}], "total": {"amount": "12.50", "currency": "EUR"}},
        {"items": [{"item_id": 5, "options": ["red"]}], "total": True, "address": {"city": "Ely"}},
    ],
)
def test_strange_payloads_are_read_as_far_as_they_go(data: dict[str, object]) -> None:
    strange: HistoryEvent = event("order.placed", order_id="W1", **data)  # type: ignore[arg-type]  # on purpose

    (order,) = project_records([strange]).orders

    assert order.order_id == "W1"
