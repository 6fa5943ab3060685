"""Returns, exchanges and refunds: which events of one order belong to the same return."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assistant.core.events import HistoryEvent
from assistant.retrieval.event_fields import (
    currency_field,
    items_field,
    number_field,
    text_field,
    with_known_names,
)
from assistant.retrieval.record_types import (
    OrderItem,
    Return,
    ReturnKind,
    ReturnStatus,
    order_key,
)

RETURN_TYPES: Mapping[str, ReturnStatus] = {
    "return.requested": "requested",
    "exchange.requested": "requested",
    "return.label_printed": "label_printed",
    "return.received": "received",
    "refund.paid": "refunded",
}

_STEPS: tuple[ReturnStatus, ...] = ("requested", "label_printed", "received", "refunded")


@dataclass
class _Open:
    """A return while its events are being gathered."""

    order_id: str
    item_ids: set[str]
    return_id: str | None
    events: list[HistoryEvent] = field(default_factory=list)

    def takes(self, event: HistoryEvent, item_ids: set[str], return_id: str | None) -> bool:
        """Return whether ``event`` continues this return."""
        if return_id and self.return_id:
            return return_id == self.return_id
        if event.type.endswith(".requested") and not item_ids & self.item_ids:
            return False
        return not item_ids or not self.item_ids or bool(item_ids & self.item_ids)


def project_returns(
    events: Sequence[HistoryEvent], known: Mapping[str, OrderItem]
) -> tuple[Return, ...]:
    """Group events of ``RETURN_TYPES``, sorted by time and each with an order, into returns.

    Events meet by ``return_id`` where they carry one, else by the items they name, else by the
    latest return of the order.
    """
    gathered: list[_Open] = []
    for event in events:
        order_id = text_field(event, "order_id") or ""
        item_ids = {item.item_id for item in items_field(event)}
        return_id = text_field(event, "return_id", "exchange_id")
        same_order = [r for r in gathered if order_key(r.order_id) == order_key(order_id)]
        found = next((r for r in reversed(same_order) if r.takes(event, item_ids, return_id)), None)
        if found is None:
            found = _Open(order_id, set(), return_id)
            gathered.append(found)
        found.item_ids |= item_ids
        found.return_id = found.return_id or return_id
        found.events.append(event)
    return tuple(_return(each, known) for each in gathered)


def _return(gathered: _Open, known: Mapping[str, OrderItem]) -> Return:
    events = gathered.events
    facts: dict[str, HistoryEvent] = {}
    for event in events:
        facts[RETURN_TYPES[event.type]] = event
        if text_field(event, "reason"):
            facts["reason"] = event
        if number_field(event, "amount") is not None:
            facts["amount"] = event
    times = {step: facts[step].time if step in facts else None for step in _STEPS}
    items = {item.item_id: item for event in events for item in items_field(event)}
    amount = facts.get("amount")
    return Return(
        order_id=gathered.order_id,
        kind=_kind(events),
        status=max((RETURN_TYPES[event.type] for event in events), key=_STEPS.index),
        facts=facts,
        items=with_known_names(items.values(), known),
        **times,
        amount=number_field(amount, "amount") if amount else None,
        currency=currency_field(amount, "amount") if amount else None,
        reason=text_field(facts["reason"], "reason") if "reason" in facts else None,
        events=tuple(events),
    )


def _kind(events: Sequence[HistoryEvent]) -> ReturnKind:
    types = {event.type for event in events}
    if "exchange.requested" in types:
        return "exchange"
    return "refund" if types == {"refund.paid"} else "return"
