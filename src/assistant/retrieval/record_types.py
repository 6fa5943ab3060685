"""What a customer's events add up to: orders, returns, cases, subscriptions…, each with its proof.

Every record keeps the events its facts come from, so that a sentence about a record can cite the
event that carries it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from assistant.core.events import HistoryEvent

OrderStatus = Literal["placed", "shipped", "partly_delivered", "delivered", "cancelled"]
ReturnStatus = Literal["requested", "label_printed", "received", "refunded"]
ReturnKind = Literal["return", "exchange", "refund"]
SubscriptionStatus = Literal["active", "paused", "cancelled"]

Facts = Mapping[str, HistoryEvent]
"""From the name of a record's field to the event that says it."""


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One line of an order; ``name`` is empty when only the id is known."""

    item_id: str
    name: str
    product_id: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    quantity: int = 1
    price: float | None = None
    delivered: HistoryEvent | None = None
    """The delivery of this item, also when the rest of the order is still under way."""

    @property
    def label(self) -> str:
        """The name with its options: "Kettle (1.5 l, black)"."""
        values = ", ".join(value for _, value in self.options)
        return f"{self.name or self.item_id} ({values})" if values else self.name or self.item_id


@dataclass(frozen=True, slots=True)
class Order:
    """An order as its events tell it; times are None where no event told them."""

    order_id: str
    items: tuple[OrderItem, ...]
    status: OrderStatus
    facts: Facts = field(repr=False)
    placed: datetime | None = None
    shipped: datetime | None = None
    delivered: datetime | None = None
    cancelled: datetime | None = None
    changed: datetime | None = None
    total: float | None = None
    currency: str | None = None
    address: str | None = None
    carrier: str | None = None
    expected: str | None = None
    stated_status: str | None = None
    """The ``status`` of the business system, where an event carried one, in its own words."""
    events: tuple[HistoryEvent, ...] = field(default=(), repr=False)

    @property
    def at(self) -> datetime:
        """When the order was last heard of."""
        return self.events[-1].time

    @property
    def status_event(self) -> HistoryEvent:
        """The event that says the present status."""
        return self.facts["status"]


@dataclass(frozen=True, slots=True)
class Return:
    """A return, an exchange, or a refund without either, of some items of one order."""

    order_id: str
    kind: ReturnKind
    status: ReturnStatus
    facts: Facts = field(repr=False)
    items: tuple[OrderItem, ...] = ()
    requested: datetime | None = None
    label_printed: datetime | None = None
    received: datetime | None = None
    refunded: datetime | None = None
    amount: float | None = None
    currency: str | None = None
    reason: str | None = None
    events: tuple[HistoryEvent, ...] = field(default=(), repr=False)

    @property
    def at(self) -> datetime:
        """When the return was last heard of."""
        return self.events[-1].time

    @property
    def status_event(self) -> HistoryEvent:
        """The event that says the present status."""
        return self.facts[self.status]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription or membership and its latest state."""

    subscription_id: str
    name: str
    status: SubscriptionStatus
    started: datetime | None = None
    paused: datetime | None = None
    cancelled: datetime | None = None
    until: str | None = None
    events: tuple[HistoryEvent, ...] = field(default=(), repr=False)

    @property
    def at(self) -> datetime:
        """When the subscription was last heard of."""
        return self.events[-1].time


@dataclass(frozen=True, slots=True)
class Case:
    """A support case with its messages in order."""

    case_id: str
    topic: str | None
    opened: datetime | None
    resolved: datetime | None
    messages: tuple[HistoryEvent, ...] = field(default=(), repr=False)
    events: tuple[HistoryEvent, ...] = field(default=(), repr=False)

    @property
    def at(self) -> datetime:
        """When the case was last heard of."""
        return self.events[-1].time


MomentKind = Literal[
    "warranty", "call", "store_visit", "page", "search", "cart", "review", "satisfaction", "other"
]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that stands for itself: a call, a store visit, a page seen, a warranty, a review.

    ``title`` names what it is about (the page, the store, the product); ``until`` is the end of a
    warranty as the event says it.
    """

    kind: MomentKind
    title: str
    event: HistoryEvent = field(repr=False)
    items: tuple[OrderItem, ...] = ()
    until: str | None = None

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.event.time

    @property
    def events(self) -> tuple[HistoryEvent, ...]:
        """The one event, under the name that every record has."""
        return (self.event,)


Record = Order | Return | Subscription | Case | Moment


@dataclass(frozen=True, slots=True)
class CustomerRecords:
    """Everything that can be told about one customer; each tuple is latest first."""

    orders: tuple[Order, ...] = ()
    returns: tuple[Return, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    cases: tuple[Case, ...] = ()
    moments: tuple[Moment, ...] = ()

    def all(self) -> tuple[Record, ...]:
        """Return every record, kind by kind."""
        return (*self.orders, *self.returns, *self.subscriptions, *self.cases, *self.moments)

    def of_kind(self, kind: MomentKind) -> tuple[Moment, ...]:
        """Return the moments of one kind, latest first."""
        return tuple(moment for moment in self.moments if moment.kind == kind)

    def find_order(self, order_id: str) -> Order | None:
        """Return the order with this number, written with or without its ``#``."""
        wanted = order_key(order_id)
        return next((order for order in self.orders if order_key(order.order_id) == wanted), None)


def order_key(order_id: str) -> str:
    """Return an order number in the form in which two writings of it are equal."""
    return "".join(letter for letter in order_id.lower() if letter.isalnum())
