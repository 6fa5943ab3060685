"""A customer's events folded into records; pure, whatever order the events came in.

Business systems send events late, twice, out of order, or not at all. So the fold sorts them by
their own time, takes each fact from the latest event that states it, and never needs an event to
exist: an order known only from its delivery is an order with a delivery.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from assistant.core.events import HistoryEvent
from assistant.retrieval.event_fields import (
    currency_field,
    items_field,
    number_field,
    text_field,
    with_known_names,
)
from assistant.retrieval.record_types import (
    Case,
    CustomerRecords,
    Moment,
    MomentKind,
    Order,
    OrderItem,
    OrderStatus,
    Return,
    Subscription,
    SubscriptionStatus,
    order_key,
)
from assistant.retrieval.return_records import RETURN_TYPES, project_returns

_ORDER_TYPES = ("order.placed", "order.changed", "order.shipped", "order.delivered",
                "order.cancelled")  # fmt: skip
"""In the order they happen: two events of the same moment are told apart by it."""

_SUBSCRIPTION_STATES: dict[str, SubscriptionStatus] = {
    "subscription.started": "active",
    "subscription.paused": "paused",
    "subscription.cancelled": "cancelled",
}
_MOMENT_KINDS: dict[str, MomentKind] = {
    "warranty.registered": "warranty",
    "call.completed": "call",
    "store.visited": "store_visit",
    "page.viewed": "page",
    "search.made": "search",
    "cart.updated": "cart",
    "checkout.started": "cart",
    "review.given": "review",
    "satisfaction.given": "satisfaction",
}


_R = TypeVar("_R", Order, Return, Subscription, Case, Moment)


def project_records(events: Iterable[HistoryEvent]) -> CustomerRecords:
    """Return what ``events`` of one customer add up to; the same for any order of them."""
    distinct = {(event.source, event.id): event for event in sorted(events, key=_sort_key)}
    ordered = sorted(distinct.values(), key=_sort_key)
    orders = tuple(
        _order(_order_id(group[0]) or key, group)
        for key, group in _grouped(ordered, lambda e: e.type in _ORDER_TYPES, _order_key)
    )
    known = {item.item_id: item for order in orders for item in order.items if item.name}
    cases = _grouped(ordered, lambda e: e.type.startswith("case."), _case_id)
    subscriptions = _grouped(ordered, lambda e: e.type in _SUBSCRIPTION_STATES, _subscription_id)
    return CustomerRecords(
        orders=_latest_first(orders),
        returns=_latest_first(project_returns([e for e in ordered if _is_return(e)], known)),
        subscriptions=_latest_first(_subscription(*group) for group in subscriptions),
        cases=_latest_first(_case(*group) for group in cases),
        moments=_latest_first(_moment(event, known) for event in ordered if _stands_alone(event)),
    )


def _sort_key(event: HistoryEvent) -> tuple[datetime, int, str, str]:
    rank = _ORDER_TYPES.index(event.type) if event.type in _ORDER_TYPES else 0
    return event.time, rank, event.source, event.id


def _grouped(
    events: Sequence[HistoryEvent],
    belongs: Callable[[HistoryEvent], bool],
    key: Callable[[HistoryEvent], str | None],
) -> list[tuple[str, list[HistoryEvent]]]:
    groups: dict[str, list[HistoryEvent]] = {}
    for event in filter(belongs, events):
        name = key(event)
        if name:
            groups.setdefault(name, []).append(event)
    return list(groups.items())


def _latest_first(records: Iterable[_R]) -> tuple[_R, ...]:
    return tuple(sorted(records, key=lambda record: record.at, reverse=True))


def _order_id(event: HistoryEvent) -> str | None:
    return text_field(event, "order_id")


def _order_key(event: HistoryEvent) -> str:
    return order_key(_order_id(event) or "")


def _case_id(event: HistoryEvent) -> str | None:
    return text_field(event, "case_id")


def _subscription_id(event: HistoryEvent) -> str | None:
    return text_field(event, "subscription_id", "item_id", "product_id", "name", "id")


def _is_return(event: HistoryEvent) -> bool:
    return event.type in RETURN_TYPES and _order_id(event) is not None


def _stands_alone(event: HistoryEvent) -> bool:
    """Return whether no order, return, case or subscription took the event up."""
    if event.type in _ORDER_TYPES or event.type in RETURN_TYPES:
        return _order_id(event) is None
    if event.type.startswith("case."):
        return _case_id(event) is None
    return event.type not in _SUBSCRIPTION_STATES or _subscription_id(event) is None


def _order(order_id: str, events: Sequence[HistoryEvent]) -> Order:
    facts: dict[str, HistoryEvent] = {}
    for event in events:
        facts.update(_facts_of(event, facts))
    items = _order_items(events)
    status, source = _order_status(items, facts)
    facts["status"] = source
    times = {name: facts[name].time if name in facts else None for name in _TIMES.values()}
    return Order(
        order_id=order_id,
        items=items,
        status=status,
        facts=facts,
        **times,
        total=number_field(facts["total"], "total") if "total" in facts else None,
        currency=currency_field(facts["total"], "total") if "total" in facts else None,
        address=_text_fact(facts, "address"),
        carrier=_text_fact(facts, "carrier"),
        expected=_text_fact(facts, "expected"),
        stated_status=_text_fact(facts, "stated_status", "status"),
        events=tuple(events),
    )


_TIMES = {name: name.removeprefix("order.") for name in _ORDER_TYPES}


def _facts_of(event: HistoryEvent, before: dict[str, HistoryEvent]) -> dict[str, HistoryEvent]:
    """Return what one event states; a later event of an order replaces an earlier one."""
    moment = _TIMES[event.type]
    facts = {moment: before.get(moment, event) if moment == "placed" else event}
    for name in ("address", "carrier", "expected"):
        if text_field(event, name):
            facts[name] = event
    if number_field(event, "total") is not None:
        facts["total"] = event
    if text_field(event, "status"):
        facts["stated_status"] = event
    if items_field(event) and (moment in {"placed", "changed"} or "items" not in before):
        facts["items"] = event
    return facts


def _text_fact(facts: dict[str, HistoryEvent], name: str, field: str | None = None) -> str | None:
    return text_field(facts[name], field or name) if name in facts else None


def _order_items(events: Sequence[HistoryEvent]) -> tuple[OrderItem, ...]:
    """Return the items as last placed or changed, or else every item any event names."""
    known: dict[str, OrderItem] = {}
    stated: tuple[OrderItem, ...] = ()
    deliveries: dict[str, HistoryEvent] = {}
    whole: HistoryEvent | None = None
    for event in events:
        items = items_field(event)
        known.update((item.item_id, item) for item in items if item.name)
        if event.type in {"order.placed", "order.changed"} and items:
            stated = items
        if event.type == "order.delivered":
            deliveries.update((item.item_id, event) for item in items)
            whole = whole if items else event
    every = {item.item_id: item for event in events for item in items_field(event)}
    return tuple(
        replace(item, delivered=deliveries.get(item.item_id, whole))
        for item in with_known_names(stated or every.values(), known)
    )


def _order_status(
    items: Sequence[OrderItem], facts: dict[str, HistoryEvent]
) -> tuple[OrderStatus, HistoryEvent]:
    """Return the furthest state and the event that says it.

    A cancellation stands unless a delivery came after it.
    """
    cancelled, delivered = facts.get("cancelled"), facts.get("delivered")
    if cancelled and not (delivered and delivered.time > cancelled.time):
        return "cancelled", cancelled
    if delivered:
        complete = all(item.delivered for item in items)
        return ("delivered" if complete else "partly_delivered"), delivered
    if shipped := facts.get("shipped"):
        return "shipped", shipped
    return "placed", facts.get("changed") or facts["placed"]


def _subscription(subscription_id: str, events: Sequence[HistoryEvent]) -> Subscription:
    latest = {event.type: event.time for event in events}
    names = [text_field(event, "name", "title", "plan") for event in events]
    ends = [text_field(event, "until") for event in events]
    return Subscription(
        subscription_id=subscription_id,
        name=next(filter(None, reversed(names)), subscription_id),
        status=_SUBSCRIPTION_STATES[events[-1].type],
        started=latest.get("subscription.started"),
        paused=latest.get("subscription.paused"),
        cancelled=latest.get("subscription.cancelled"),
        until=next(filter(None, reversed(ends)), None),
        events=tuple(events),
    )


def _case(case_id: str, events: Sequence[HistoryEvent]) -> Case:
    times = {event.type: event.time for event in reversed(events)}
    topics = [text_field(event, "topic") for event in events]
    last = [e.time for e in events if e.type in {"case.opened", "case.resolved"}]
    resolved = [e.time for e in events if e.type == "case.resolved"]
    return Case(
        case_id=case_id,
        topic=next(filter(None, topics), None),
        opened=times.get("case.opened"),
        resolved=resolved[-1] if resolved and resolved[-1] == last[-1] else None,
        messages=tuple(e for e in events if text_field(e, "text")),
        events=tuple(events),
    )


def _moment(event: HistoryEvent, known: dict[str, OrderItem]) -> Moment:
    items = items_field(event)
    bare = text_field(event, "item_id")
    if not items and bare:
        items = (OrderItem(item_id=bare, name=text_field(event, "name") or ""),)
    items = with_known_names(items, known)
    title = text_field(event, "title", "query", "store", "topic", "name", "summary", "text")
    return Moment(
        kind=_MOMENT_KINDS.get(event.type, "other"),
        title=title or next((item.label for item in items), event.rendering),
        event=event,
        items=items,
        until=text_field(event, "until"),
    )
