"""Turns the pack's demo file into customers, decisions and events relative to *now*.

The file says "twelve days ago", so that a delivery expected tomorrow stays expected tomorrow
whenever the demo is started.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from assistant.channels.cloudevents import EventParser
from assistant.channels.decisions import SubjectDecision
from assistant.core.clock import to_rfc3339
from assistant.core.errors import PackInvalid
from assistant.core.events import IncomingEvent
from assistant.profile.pack.files import PackFile, PackModel, read_pack_file
from assistant.profile.pack.loading import Pack
from assistant.store.consents import Decision

DEMO_CHANNEL = "demo"

_Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Event(PackModel):
    type: str
    days_ago: Annotated[int, Field(ge=0)] = 0
    at: _Clock | None = None
    hours_ago: Annotated[float, Field(ge=0)] | None = None
    data: dict[str, object] = Field(default_factory=dict)


class _Consent(PackModel):
    purpose: str
    decision: Decision
    categories: list[str] | None = None
    days_ago: Annotated[int, Field(ge=0)]


class _AllConsents(PackModel):
    all: bool
    days_ago: Annotated[int, Field(ge=0)]


class _Customer(PackModel):
    id: str
    name: str
    lang: str = "en"
    story: str
    consents: list[_Consent] | _AllConsents
    events: list[_Event]


class _Demo(PackModel):
    shop: str
    products: dict[str, dict[str, object]]
    customers: list[_Customer]


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """Somebody to try the demo as; ``subject`` is what their token would say."""

    subject: str
    name: str
    lang: str
    story: str


@dataclass(frozen=True, slots=True)
class DemoHistory:
    """Everything the demo begins with; decisions come before the events they permit."""

    customers: tuple[DemoCustomer, ...]
    decisions: tuple[SubjectDecision, ...]
    events: tuple[IncomingEvent, ...]


def load_demo_history(path: Path, *, pack: Pack, now: datetime) -> DemoHistory:
    """Read the demo file and place it in time.

    Raises:
        PackInvalid: naming file, line and what is wrong.
    """
    file = read_pack_file(path)
    demo = file.parse(_Demo)
    return DemoHistory(
        customers=tuple(
            DemoCustomer(subject=c.id, name=c.name, lang=c.lang, story=c.story)
            for c in demo.customers
        ),
        decisions=tuple(
            sorted(
                (d for c in demo.customers for d in _decisions(c, pack, now)),
                key=lambda decision: decision.at,
            )
        ),
        events=tuple(
            event
            for number, customer in enumerate(demo.customers)
            for event in _events(file, demo, number, customer, pack=pack, now=now)
        ),
    )


def _decisions(customer: _Customer, pack: Pack, now: datetime) -> Iterator[SubjectDecision]:
    """Yield a customer's decisions with the text they would have been shown in their language."""
    consents = customer.consents
    if isinstance(consents, _AllConsents):
        consents = [
            _Consent(purpose=purpose.id, decision="given", days_ago=consents.days_ago)
            for purpose in pack.purposes
            if consents.all
        ]
    for consent in consents:
        purpose = pack.purposes.find_purpose(consent.purpose)
        if purpose is None:
            raise PackInvalid(f"the demo customer {customer.id!r} decides on no known purpose")
        shown = pack.disclose(purpose.id, customer.lang)
        yield SubjectDecision(
            subject=customer.id,
            purpose=purpose.id,
            decision=consent.decision,
            at=_midday(now, consent.days_ago),
            channel=DEMO_CHANNEL,
            categories=frozenset(consent.categories) if consent.categories else None,
            version=purpose.version,
            text_sha256=shown.text_sha256,
            evidence={"where": "sign-up page of the demo shop", "lang": shown.lang},
        )


def _events(
    file: PackFile, demo: _Demo, number: int, customer: _Customer, *, pack: Pack, now: datetime
) -> Iterator[IncomingEvent]:
    """Yield a customer's events as the shop would have sent them."""
    parser = EventParser(event_types=pack.event_types, clock=lambda: now)
    orders: dict[object, object] = {}
    ordered = sorted(enumerate(customer.events), key=lambda entry: _moment(entry[1], now))
    for position, event in ordered:
        data = _data(event, demo, orders, now)
        parsed = parser.parse(
            {
                "id": f"{customer.id.split('.')[0]}-{position + 1}",
                "source": demo.shop,
                "type": event.type,
                "time": to_rfc3339(_moment(event, now)),
                "subject": customer.id,
                "data": data,
            }
        )
        if not isinstance(parsed, IncomingEvent):
            reason = getattr(parsed, "reason", "its type is not known")
            raise file.wrong(("customers", number, "events", position), str(reason))
        yield parsed


def _moment(event: _Event, now: datetime) -> datetime:
    """Return when the event happened; never later than a minute ago."""
    if event.hours_ago is not None:
        return now - timedelta(hours=event.hours_ago)
    day = (now - timedelta(days=event.days_ago)).astimezone(UTC).date()
    hour, minute = map(int, (event.at or "12:00").split(":"))
    moment = datetime.combine(day, time(hour, minute), UTC)
    return min(moment, now - timedelta(minutes=1))


def _midday(now: datetime, days_ago: int) -> datetime:
    return min(
        datetime.combine((now - timedelta(days=days_ago)).date(), time(12), UTC),
        now - timedelta(minutes=1),
    )


def _data(
    event: _Event, demo: _Demo, orders: dict[object, object], now: datetime
) -> Mapping[str, object]:
    """Return the event's data with products and dates written out and orders remembered."""
    data = {name: _written_out(value, now) for name, value in event.data.items()}
    if "items" in data:
        data["items"] = _items(event.data["items"], demo)
    if event.type.startswith(("return.", "exchange.", "refund.")) and "items" in data:
        data["item_ids"] = [item["item_id"] for item in _items(event.data["items"], demo)]
    order_id = data.get("order_id")
    if event.type == "order.placed":
        orders[order_id] = data["items"]
        data.setdefault("total", _total(_items(event.data["items"], demo)))
        data.setdefault("currency", "EUR")
    elif event.type.startswith("order.") and order_id in orders:
        data.setdefault("items", orders[order_id])
    return data


def _items(entries: object, demo: _Demo) -> list[dict[str, object]]:
    """Return the named products, each with its quantity."""
    items = []
    for entry in entries if isinstance(entries, Sequence) else ():
        name, more = (entry, {}) if isinstance(entry, str) else (entry["of"], dict(entry))
        more.pop("of", None)
        if name not in demo.products:
            raise PackInvalid(f"the demo has no product {name!r}")
        items.append({**demo.products[name], **more})
    return items


def _total(items: Sequence[Mapping[str, object]]) -> float:
    def number(value: object) -> float:
        return float(value) if isinstance(value, int | float) else 0.0

    return round(sum(number(i.get("price")) * number(i.get("quantity", 1)) for i in items), 2)


def _written_out(value: object, now: datetime) -> object:
    """Return ``{in_days: 2}`` and ``{on_days_ago: 2}`` as a date in words, others as they are."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    for word, direction in (("in_days", 1), ("on_days_ago", -1)):
        days = value.get(word)
        if isinstance(days, int):
            day = (now + direction * timedelta(days=days)).date()
            return f"{day.day} {day:%B %Y}"
    return value
