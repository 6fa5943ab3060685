from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.profile_parts import MARKET

from assistant.channels.demo_history import DemoHistory, load_demo_history
from assistant.profile.pack.loading import load_pack

PACK = load_pack(MARKET)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def demo(now: datetime = NOW) -> DemoHistory:
    return load_demo_history(MARKET / "demo" / "customers.yaml", pack=PACK, now=now)


def test_the_demo_has_eight_customers_of_every_kind_of_consent() -> None:
    history = demo()
    decided = {
        customer.subject: {d.decision for d in history.decisions if d.subject == customer.subject}
        for customer in history.customers
    }

    assert len(history.customers) == 8
    assert decided["amara.example"] == {"given"}
    assert decided["chiara.example"] == {"given", "refused"}
    assert decided["dmitri.example"] == {"refused"}
    assert decided["elif.example"] == set()
    assert decided["greta.example"] == {"given", "withdrawn"}


def test_every_subject_and_address_is_plainly_fictional() -> None:
    for customer in demo().customers:
        assert customer.subject.endswith(".example")


def test_the_demo_shows_what_later_features_need() -> None:
    types = Counter(event.type for event in demo().events)

    assert set(types) >= {
        "order.placed", "order.shipped", "order.delivered", "order.cancelled", "return.requested",
        "return.label_printed", "refund.paid", "exchange.requested", "page.viewed", "search.made",
        "cart.updated", "checkout.started", "call.completed", "store.visited", "case.opened",
        "case.resolved", "subscription.started", "subscription.paused", "warranty.registered",
        "review.given", "satisfaction.given", "device.reading", "job.step",
    }  # fmt: skip


def test_a_return_is_begun_without_a_label() -> None:
    events = [event for event in demo().events if event.subject == "amara.example"]

    begun = {e.data["order_id"] for e in events if e.type == "return.requested"}
    printed = {e.data["order_id"] for e in events if e.type == "return.label_printed"}

    assert begun - printed == {"71204187"}


def test_ids_are_unique_and_the_same_whenever_the_demo_is_loaded() -> None:
    def ids(now: datetime) -> list[str]:
        return [event.id for event in demo(now).events]

    assert len(set(ids(NOW))) == len(ids(NOW))


@given(st.integers(0, 6 * 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)))
@settings(max_examples=10, deadline=None)
def test_nothing_happened_in_the_future_and_each_order_in_its_sequence(now: datetime) -> None:
    history = demo(now)
    placed = {e.data["order_id"]: e.time for e in history.events if e.type == "order.placed"}

    assert all(event.time < now for event in history.events)
    assert all(decision.at < now for decision in history.decisions)
    for event in history.events:
        if "order_id" in event.data and event.type.startswith(("order.", "return.")):
            assert placed[event.data["order_id"]] <= event.time


def test_what_is_expected_lies_ahead_in_words() -> None:
    expected = [e for e in demo().events if e.data.get("expected")]

    tomorrow = NOW + timedelta(days=1)
    assert f"{tomorrow.day} {tomorrow:%B %Y}" in {e.data["expected"] for e in expected}


def test_an_orders_later_events_name_its_items_and_its_total_is_added_up() -> None:
    order = [e for e in demo().events if e.data.get("order_id") == "71204518"]

    assert [e.type for e in order] == ["order.placed", "order.shipped"]
    assert order[0].data["total"] == round(49.90 + 2 * 17.90, 2)
    assert order[0].data["items"] == order[1].data["items"]
