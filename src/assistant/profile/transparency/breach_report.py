"""What a breach touched, for the operator who has to report it within 72 hours (GDPR, Article 33).

Answers for a stretch of time, one reader, or one key-encryption key: which customers, which
categories, how much, and which alarms there were. Customers are named by internal ids; their ids at
the company only on request, and that is written into their access logs first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assistant.core.actor import Role
from assistant.core.ids import CustomerId
from assistant.store.access_alarms import AccessAlarm, AccessAlarmRepository
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.breach import BreachRepository, Holding, ReadingTotal
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection


@dataclass(frozen=True, slots=True)
class BreachQuestion:
    """From when to before when, and by whom (None: by anybody)."""

    since: datetime
    until: datetime
    actor: str | None = None


@dataclass(slots=True)
class TouchedCustomer:
    """What was read of one customer; ``items`` are openings, so one item may count twice."""

    customer_id: CustomerId
    readings: int = 0
    items: int = 0
    categories: set[str] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None


@dataclass(slots=True)
class Reader:
    """What one actor read."""

    actor: str
    role: Role
    readings: int = 0
    items: int = 0
    customers: set[CustomerId] = field(default_factory=set)


@dataclass(slots=True)
class TouchedCategory:
    """Who was read in a category; ``items`` is the most it can have been."""

    category: str
    items: int = 0
    customers: set[CustomerId] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class BreachReport:
    """The answer for a stretch of time."""

    question: BreachQuestion
    customers: Sequence[TouchedCustomer]
    readers: Sequence[Reader]
    categories: Sequence[TouchedCategory]
    alarms: Sequence[AccessAlarm]


@dataclass(frozen=True, slots=True)
class KeyExposure:
    """The answer for a key: whose data keys it wraps or wrapped, and what they hold."""

    epoch: int
    customers: Sequence[CustomerId]
    gone: int
    """Keys whose customers are no longer in the database."""
    holdings: Sequence[Holding]


class BreachReports:
    """Makes reports; every method runs in the caller's transaction."""

    def __init__(self, *, customers: CustomerRepository, access_log: AccessLogRepository) -> None:
        self._customers = customers
        self._access_log = access_log
        self._breach = BreachRepository()
        self._alarms = AccessAlarmRepository()

    def report(self, connection: Connection, question: BreachQuestion) -> BreachReport:
        """Return what was read in the window, and the alarms that were raised in it."""
        totals = self._breach.list_readings(
            connection, since=question.since, until=question.until, actor=question.actor
        )
        alarms = self._alarms.list_alarms(connection, since=question.since, until=question.until)
        told = [a for a in alarms if question.actor is None or a.actor == question.actor]
        return _add_up(question, totals, told)

    def list_customers_of_epoch(self, keys: Connection, epoch: int) -> Sequence[CustomerId]:
        """Return whose data keys the epoch wraps or wrapped; ``keys`` is the key database's."""
        return self._breach.list_customers_of_epoch(keys, epoch)

    def exposure(
        self, connection: Connection, epoch: int, wrapped: Sequence[CustomerId]
    ) -> KeyExposure:
        """Return whom a lost key-encryption key exposes, of those whose keys it wrapped."""
        known = sorted(self._breach.keep_known(connection, wrapped))
        holdings = self._breach.add_up_holdings(connection, known)
        return KeyExposure(epoch, known, len(wrapped) - len(known), holdings)

    def reveal(
        self,
        connection: Connection,
        customers: Iterable[CustomerId],
        *,
        actor: str,
        at: datetime,
    ) -> Mapping[CustomerId, str | None]:
        """Write into each customer's access log that they are named, and return their names.

        Runs in a write: names are returned only if the entries are kept. None is a visitor.
        """
        names: dict[CustomerId, str | None] = {}
        entry = Access(
            role=Role.OPERATOR,
            purpose="breach_report",
            categories=frozenset({"identity"}),
            items=1,
            item_ids=(),
            at=at,
            actor=actor,
            reading="reveal",
        )
        for customer in customers:
            self._access_log.add_access(connection, customer, entry)
            names[customer] = self._customers.get_external_id(connection, customer)
        return names


def _add_up(
    question: BreachQuestion, totals: Iterable[ReadingTotal], alarms: Sequence[AccessAlarm]
) -> BreachReport:
    customers: dict[str, TouchedCustomer] = {}
    readers: dict[tuple[str, Role], Reader] = {}
    categories: dict[str, TouchedCategory] = {}
    for total in totals:
        who = customers.setdefault(total.customer_id, TouchedCustomer(total.customer_id))
        who.readings += total.readings
        who.items += total.items
        who.categories |= total.categories
        who.actors.add(total.actor)
        who.first = min(who.first or total.first, total.first)
        who.last = max(who.last or total.last, total.last)
        reader = readers.setdefault((total.actor, total.role), Reader(total.actor, total.role))
        reader.readings += total.readings
        reader.items += total.items
        reader.customers.add(total.customer_id)
        for name in total.categories:
            category = categories.setdefault(name, TouchedCategory(name))
            category.items += total.items
            category.customers.add(total.customer_id)
    return BreachReport(
        question=question,
        customers=list(customers.values()),
        readers=sorted(readers.values(), key=lambda r: (-len(r.customers), r.actor)),
        categories=sorted(categories.values(), key=lambda c: c.category),
        alarms=alarms,
    )
