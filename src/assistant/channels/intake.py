"""Stores what may be stored: lawful basis first, then each event once, all of a batch at once.

A batch is one transaction. Inside it the customer's consent is read and the events are written, so
no event can slip in beside a withdrawal. What has no lawful basis is counted by category and day,
and nothing of it is kept, not even the customer it was about.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from assistant.channels.cloudevents import Invalid, ParsedEvent, Refused
from assistant.core.clock import Clock
from assistant.core.events import IncomingEvent
from assistant.core.ids import CustomerId
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.pack.categories import CategoryCatalogue
from assistant.store.customers import Customer, CustomerRepository
from assistant.store.engine import Connection
from assistant.store.events import EventOutcome, EventRepository
from assistant.store.intake_state import IntakeStateRepository

ItemStatus = Literal["stored", "duplicate", "refused", "invalid"]

UNKNOWN = "unknown"
"""Stands in the counts for a category the pack does not have: the sender's word may be anything."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one item: ``code`` beside ``refused``, ``reason`` beside ``invalid``."""

    status: ItemStatus
    code: str | None = None
    reason: str | None = None


_STORED = ItemResult("stored")
_OUTCOMES: Mapping[str, ItemResult] = {
    "stored": _STORED,
    "duplicate": ItemResult("duplicate"),
    "conflict": ItemResult("invalid", reason="conflict"),
    "erased": ItemResult("refused", code="erased"),
}


class Intake:
    """Takes parsed events into the history; runs inside the caller's write transaction."""

    def __init__(
        self,
        *,
        categories: CategoryCatalogue,
        ledger: ConsentLedger,
        customers: CustomerRepository,
        events: EventRepository,
        counts: IntakeStateRepository,
        clock: Clock,
    ) -> None:
        self._categories = categories
        self._ledger = ledger
        self._customers = customers
        self._events = events
        self._counts = counts
        self._clock = clock

    def store_batch(self, connection: Connection, items: Sequence[ParsedEvent]) -> list[ItemResult]:
        """Store what may be stored of ``items``; one result per item, in their order."""
        events = [item for item in items if isinstance(item, IncomingEvent)]
        found = self._customers.find_customers(connection, {event.subject for event in events})
        erased = self._erased(events, found)
        current = [
            event for event in events if not _is_older(event, erased) and not self._is_past(event)
        ]
        customers = found | self._made_for(connection, current, found)
        storable = self._storable(connection, items, customers)
        verdicts = [self._verdict(item, customers, storable, erased) for item in items]
        accepted = [
            (customers[item.subject].customer_id, item)
            for item, verdict in zip(items, verdicts, strict=True)
            if verdict is None and isinstance(item, IncomingEvent)
        ]
        outcomes = iter(self._add(connection, accepted))
        results = [verdict or _OUTCOMES[next(outcomes).result] for verdict in verdicts]
        self._count(connection, items, results)
        return results

    def _add(
        self, connection: Connection, accepted: Sequence[tuple[CustomerId, IncomingEvent]]
    ) -> Sequence[EventOutcome]:
        if not accepted:
            return []
        return self._events.add_events(connection, accepted, at=self._clock())

    def _erased(
        self, events: Iterable[IncomingEvent], found: Mapping[str, Customer]
    ) -> dict[str, datetime]:
        """Return, by subject, when everything of them was erased last.

        The erasure ledger is asked only about those whom the store does not know (any more).
        """
        erased: dict[str, datetime] = {}
        for subject in sorted({event.subject for event in events}):
            customer = found.get(subject)
            since = customer.not_before if customer else self._customers.erased_since(subject)
            if since is not None:
                erased[subject] = since
        return erased

    def _made_for(
        self,
        connection: Connection,
        events: Iterable[IncomingEvent],
        found: Mapping[str, Customer],
    ) -> dict[str, Customer]:
        """Make the customers of ``events`` who are not there and have something to store.

        Somebody who never had anything to do with us is not created by an event that is refused.
        """
        storable = {
            event.subject
            for event in events
            if event.subject not in found
            and self._categories.storable_without_consent(event.category)
        }
        if not storable:
            return {}
        made = self._customers.get_or_create_customers(
            connection, sorted(storable), at=self._clock()
        )
        return dict(made)

    def _storable(
        self,
        connection: Connection,
        items: Sequence[ParsedEvent],
        customers: Mapping[str, Customer],
    ) -> dict[str, frozenset[str]]:
        """Return, by subject, the categories that a given purpose allows to be stored."""
        asking = defaultdict(set)
        for item in items:
            if isinstance(item, IncomingEvent) and item.subject in customers:
                asking[item.subject].add(item.category)
        return {
            subject: self._given(connection, customers[subject])
            for subject in sorted(asking)
            if not all(map(self._categories.storable_without_consent, asking[subject]))
        }

    def _given(self, connection: Connection, customer: Customer) -> frozenset[str]:
        """Return what the customer gives, and keep it so until this write ends.

        A withdrawal that comes meanwhile waits, so it is acknowledged after these events are in and
        none can follow it.
        """
        self._customers.hold_customer(connection, customer.customer_id)
        return self._ledger.state(connection, customer.customer_id).given_categories()

    def _verdict(
        self,
        item: ParsedEvent,
        customers: Mapping[str, Customer],
        storable: Mapping[str, frozenset[str]],
        erased: Mapping[str, datetime],
    ) -> ItemResult | None:
        """Return why ``item`` is not stored, or None when it may be."""
        if isinstance(item, Invalid):
            return ItemResult("invalid", reason=item.reason)
        if isinstance(item, Refused):
            return ItemResult("refused", code=item.code)
        if item.category not in self._categories:
            return ItemResult("refused", code="unknown_category")
        if _is_older(item, erased):
            return ItemResult("refused", code="erased")
        customer = customers.get(item.subject)
        if customer is not None and customer.erased_at:
            return ItemResult("refused", code="blocked")
        lawful = self._categories.storable_without_consent(item.category)
        if not lawful and item.category not in storable.get(item.subject, frozenset()):
            return ItemResult("refused", code="no_lawful_basis")
        return ItemResult("refused", code="expired") if self._is_past(item) else None

    def _is_past(self, event: IncomingEvent) -> bool:
        """Whether the event happened so long ago that its category is not kept any more."""
        return self._categories.is_past(event.category, event.time, now=self._clock())

    def _count(
        self,
        connection: Connection,
        items: Sequence[ParsedEvent],
        results: Sequence[ItemResult],
    ) -> None:
        """Add the refusals of this batch to the day's counts."""
        counts = Counter(
            (self._counted_as(item), result.code)
            for item, result in zip(items, results, strict=True)
            if result.code is not None
        )
        for (category, code), count in sorted(counts.items()):
            self._counts.count_refusals(
                connection, category=category, code=code, count=count, at=self._clock()
            )

    def _counted_as(self, item: ParsedEvent) -> str:
        category = None if isinstance(item, Invalid) else item.category
        return category if category is not None and category in self._categories else UNKNOWN


def _is_older(event: IncomingEvent, erased: Mapping[str, datetime]) -> bool:
    """Whether the event is from before everything of its subject was erased."""
    since = erased.get(event.subject)
    return since is not None and event.time <= since
