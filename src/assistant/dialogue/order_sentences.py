"""An order told by what is asked of it: where it is, what is in it, what it cost, why it ended."""

from collections.abc import Callable, Sequence
from datetime import datetime

from assistant.core.wording import day, listing, money, number
from assistant.dialogue.record_aspects import RecordAspect
from assistant.dialogue.record_wording import TIMES, Statement, Telling, quoted, said_day, things
from assistant.retrieval.event_fields import text_field
from assistant.retrieval.record_types import Order, OrderItem

_MOST_STATEMENTS = 3


def tell_order(order: Order, telling: Telling) -> tuple[Statement, ...]:
    """Return what is to be said of ``order``, most to the point first."""
    told = [_ASPECTS[aspect](order, telling) for aspect in telling.aspects if aspect in _ASPECTS]
    statements = [statement for statement in told if statement] or [_where(order, telling)]
    return tuple({s.text: s for s in statements}.values())[:_MOST_STATEMENTS]


def order_line(order: Order, telling: Telling) -> Statement:
    """Return the order as one item of a list: number, things, where it stands."""
    contents = things(order.items) or "no items listed"
    state = [part.removeprefix("is ") for part in _state(order, telling.now)]
    text = f"- Order {order.order_id}: {contents}; {', '.join(state)}."
    expected = order.facts.get("expected") if _is_coming(order) else None
    begun = order.facts.get("placed") if order.status == "placed" else None
    carrier = order.facts.get("carrier") if order.carrier else None
    return telling.say(
        text, order.status_event, begun, expected, carrier, order.facts.get("items"),
        items=order.items,
    )  # fmt: skip


def _where(order: Order, telling: Telling) -> Statement:
    named, more = _order_name(order, telling.items)
    state = listing(_state(order, telling.now))
    stated = ""
    if order.stated_status and order.stated_status.lower() != order.status:
        stated = f" The shop's status is {quoted(order.stated_status)}."
    return telling.say(
        f"{named}{more} was {state}.{stated}",
        order.status_event,
        order.facts.get("placed") if order.status == "placed" else None,
        order.facts.get("carrier") if order.carrier else None,
        order.facts.get("expected") if _is_coming(order) else None,
        order.facts.get("items"),
        order.facts["stated_status"] if stated else None,
        items=telling.items or order.items,
    )


def _is_coming(order: Order) -> bool:
    return order.status in {"placed", "shipped"} and bool(order.expected)


def _state(order: Order, now: datetime) -> list[str]:
    """Return what was done with the order and what is to come, each to follow "was"."""
    on = day(order.status_event.time, now)
    carrier = order.carrier
    if order.status == "cancelled":
        return [f"cancelled on {on}"]
    if order.status in {"delivered", "partly_delivered"}:
        partly = "partly " if order.status == "partly_delivered" else ""
        return [f"{partly}delivered on {on}" + (f" by {carrier}" if carrier else "")]
    expected = [f"is expected {said_day(order.expected, now)}"] if order.expected else []
    if order.status == "shipped":
        return [f"sent on {on}" + (f" with {carrier}" if carrier else ""), *expected]
    return [f"placed on {day(order.placed or order.at, now)}", "has not been sent yet", *expected]


def _contents(order: Order, telling: Telling) -> Statement | None:
    if not order.items:
        return None
    lines = listing([_item_phrase(item) for item in order.items])
    placed = f", placed on {day(order.placed, telling.now)}," if order.placed else ""
    return telling.say(
        f"Order {order.order_id}{placed} has {lines}.",
        order.facts.get("items"),
        order.facts["placed"] if placed else None,
        items=order.items,
    )


def _price(order: Order, telling: Telling) -> Statement | None:
    priced = [item for item in telling.items or order.items if item.price is not None]
    items, total = order.facts.get("items"), order.facts.get("total")
    if priced and (telling.items or order.total is None):
        cost = listing([_cost(item, "cost ", order.currency) for item in priced])
        text = f"In order {order.order_id}, {cost}."
        return telling.say(text, items, total if order.currency else None, items=priced)
    if order.total is None:
        return None
    text = f"Order {order.order_id} came to {money(order.total, order.currency)}"
    if len(order.items) > 1 and priced:
        parts = listing([_cost(item, "", order.currency) for item in priced])
        return telling.say(f"{text}: {parts}.", total, items, items=priced)
    return telling.say(f"{text}.", total)


def _cost(item: OrderItem, verb: str, currency: str | None) -> str:
    name, price = item.name or item.item_id, money(item.price or 0, currency)
    if item.quantity == 1:
        return f"the {name} {verb}{price}"
    return f"{number(item.quantity)} {TIMES} {name} {verb}{price} each"


def _address(order: Order, telling: Telling) -> Statement | None:
    if not order.address:
        return None
    verb = "went" if "delivered" in order.status else "goes"
    text = f"Order {order.order_id} {verb} to {order.address}."
    status = order.status_event if verb == "went" else None
    return telling.say(text, order.facts["address"], status)


def _placed(order: Order, telling: Telling) -> Statement | None:
    if order.placed is None:
        return None
    named, more = _order_name(order, telling.items)
    return telling.say(
        f"{named}{more} was placed on {day(order.placed, telling.now)}.",
        order.facts["placed"],
        order.facts.get("items"),
        items=telling.items or order.items,
    )


def _reason(order: Order, telling: Telling) -> Statement | None:
    event = order.status_event if order.status == "cancelled" else None
    reason = text_field(event, "reason") if event else None
    if event is None or not reason:
        return _where(order, telling)
    on = day(event.time, telling.now)
    text = f"Order {order.order_id} was cancelled on {on}; the reason given was {quoted(reason)}."
    return telling.say(text, event)


_ASPECTS: dict[RecordAspect, Callable[[Order, Telling], Statement | None]] = {
    "reason": _reason,
    "status": _where,
    "arrival": _where,
    "delivered": _where,
    "returned": _where,
    "warranty": _where,
    "contents": _contents,
    "price": _price,
    "address": _address,
    "placed": _placed,
}


def _order_name(order: Order, items: Sequence[OrderItem]) -> tuple[str, str]:
    """Return how the order is called, and what is in it."""
    named = [item for item in order.items if item in items] or order.items
    if not named:
        return f"Your order {order.order_id}", ""
    rest = len(order.items) - len(named)
    more = f" and {rest} more {'item' if rest == 1 else 'items'}" if rest else ""
    return f"Your order {order.order_id}", f" with {things(named)}{more}"


def _item_phrase(item: OrderItem) -> str:
    if item.quantity == 1:
        return f"the {item.label}"
    return f"{number(item.quantity)} {TIMES} {item.label}"
