"""Builds events for tests of history, with as little as a test needs to say."""

from datetime import UTC, datetime, timedelta

from assistant.core.events import HistoryEvent, JsonValue
from assistant.core.ids import EventId

START = datetime(2024, 3, 1, 9, tzinfo=UTC)

KETTLE: JsonValue = {
    "item_id": "k1",
    "name": "Alder kettle",
    "options": {"colour": "black", "volume": "1.5 l"},
    "price": 39.9,
}
JUG: JsonValue = {"item_id": "j1", "name": "Pebble jug", "quantity": 2}


def event(
    type_: str,
    *,
    day: float = 0,
    id_: str | None = None,
    category: str = "orders",
    rendering: str | None = None,
    **data: JsonValue,
) -> HistoryEvent:
    """Return an event ``day`` days after ``START``; its id is made of what it says."""
    name = id_ or f"{type_}-{day}-{data.get('order_id', '')}"
    return HistoryEvent(
        event_id=EventId(f"stored-{name}"),
        source="shop",
        id=name,
        type=type_,
        time=START + timedelta(days=day),
        category=category,
        data=data,
        rendering=rendering or f"{type_} {' '.join(str(value) for value in data.values())}",
    )


def story() -> list[HistoryEvent]:
    """Return a short history with one of most things."""
    return [
        event(
            "order.placed", order_id="W1", items=[KETTLE, JUG], total=59.9, address="1 Mill Lane"
        ),
        event("order.shipped", day=1, order_id="W1", carrier="Heron Post", expected="2024-03-04"),
        event("order.delivered", day=3, order_id="W1"),
        event("return.requested", day=5, order_id="W1", item_ids=["j1"], reason="chipped"),
        event("return.received", day=8, order_id="W1", item_ids=["j1"]),
        event("refund.paid", day=9, order_id="W1", amount=10),
        event(
            "order.placed", day=6, order_id="#W2", items=[{"item_id": "t1", "name": "Tea towel"}]
        ),
        event("order.cancelled", day=7, order_id="W2"),
        event("subscription.started", day=2, subscription_id="S1", name="Green box"),
        event("subscription.paused", day=10, subscription_id="S1"),
        event("case.opened", day=4, category="support_cases", case_id="C1", topic="Chipped jug"),
        event("case.resolved", day=9, category="support_cases", case_id="C1"),
        event("warranty.registered", day=4, item_id="k1", until="2026-03-04"),
        event("page.viewed", day=11, category="browsing", title="Ember toaster", url="/toaster"),
        event("call.completed", day=12, category="calls", summary="asked about descaling"),
    ]
