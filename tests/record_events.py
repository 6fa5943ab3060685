"""Events of one order and what may follow it, for tests of how records are told."""

from tests.history_parts import JUG, KETTLE, event

PLACED = event(
    "order.placed", order_id="W1", items=[KETTLE, JUG], total=59.9, currency="EUR",
    address="1 Mill Lane", expected="5 March 2024",
)  # fmt: skip
SHIPPED = event("order.shipped", day=1, order_id="W1", carrier="Heron Post", expected="2024-03-04")
PARTLY = event("order.delivered", day=2, order_id="W1", items=[KETTLE], carrier="Heron Post")
DELIVERED = event("order.delivered", day=3, order_id="W1", carrier="Heron Post")
CANCELLED = event("order.cancelled", day=1, order_id="W1", reason="ordered twice")
REQUESTED = event(
    "return.requested", day=5, category="returns", order_id="W1", item_ids=["j1"], reason="chipped"
)
LABEL = event("return.label_printed", day=6, category="returns", order_id="W1", item_ids=["j1"])
RECEIVED = event("return.received", day=8, category="returns", order_id="W1", item_ids=["j1"])
REFUNDED = event("refund.paid", day=9, category="returns", order_id="W1", amount=10, currency="EUR")
EXCHANGE = event("exchange.requested", day=5, category="returns", order_id="W1", item_ids=["k1"])
STARTED = event("subscription.started", day=1, subscription_id="S1", name="Green box")
PAUSED = event("subscription.paused", day=4, subscription_id="S1", until="20 March 2024")
OPENED = event("case.opened", day=4, case_id="C1", topic="Chipped jug", text="It came chipped.")
ANSWERED = event("case.message", day=5, case_id="C1", text="We send a new one.")
RESOLVED = event("case.resolved", day=6, case_id="C1")
