"""A customer's history as it was received: each event once, sealed, in the order it came.

Only ``retrieval.history_reader`` (for use, with a grant), intake and the workers import this.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import orjson
from sqlalchemy import Connection, LargeBinary, Row, bindparam, func, select, tuple_

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.events import HistoryEvent, IncomingEvent
from assistant.core.ids import CustomerId, EventId, new_id
from assistant.store.dialects import Upsert
from assistant.store.erased_events import ALL_CATEGORIES, ErasedEvents
from assistant.store.event_hashes import EventContent, content_hash_of, erased_hash_of
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.history import EventRow, IndexingRow
from assistant.vault.envelope import number_of
from assistant.vault.vault import Vault

EventResult: TypeAlias = Literal["stored", "duplicate", "conflict", "erased"]

_E = table_of(EventRow)
_OF = _E.c.customer_id == bindparam("of_customer")
_HEADER = func.substr(_E.c.sealed, 1, 5, type_=LargeBinary).label("header")
_KNOWN = select(_E.c.customer_id, _E.c.event_hash, _E.c.content_hash, _E.c.event_id, _HEADER).where(
    tuple_(_E.c.customer_id, _E.c.event_hash).in_(bindparam("pairs", expanding=True))
)
_ADD = Upsert(_E, keys=["customer_id", "event_hash"])
_QUEUE = Upsert(table_of(IndexingRow), keys=["customer_id"], add=["ticket"])
_AFTER = (
    select(_E)
    .where(
        _OF,
        _E.c.category.in_(bindparam("categories", expanding=True)),
        _E.c.event_id > bindparam("after"),
    )
    .order_by(_E.c.event_id)
    .limit(bindparam("at_most"))
)
_IN_CATEGORIES = (
    select(_E)
    .where(_OF, _E.c.category.in_(bindparam("categories", expanding=True)))
    .order_by(_E.c.event_id)
)
_BY_IDS = (
    select(_E)
    .where(_OF, _E.c.event_id.in_(bindparam("ids", expanding=True)))
    .order_by(_E.c.event_id)
)
_IDS = select(_E.c.event_id).where(_OF).order_by(_E.c.event_id)
_IDS_IN_CATEGORIES = _IDS.where(_E.c.category.in_(bindparam("categories", expanding=True)))
_COUNT = select(func.count()).select_from(_E)
_CHUNK = 500
"""Pairs in one look-up, far below the number of parameters either database takes."""


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """What became of one incoming event; the id is that of the row, where one is stored."""

    result: EventResult
    event_id: EventId


_Key: TypeAlias = tuple[str, bytes]
"""Customer and keyed hash of source and id: what makes two events the same."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """The row that holds an event, and the number of the data key that it is sealed under."""

    event_id: EventId
    content_hash: bytes
    number: int


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An event with what identifies it, ready to be compared with what is stored."""

    customer_id: str
    event: IncomingEvent
    event_hash: bytes
    event_id: EventId

    @property
    def key(self) -> _Key:
        return (self.customer_id, self.event_hash)


class EventRepository:
    """Stores events idempotently and reads one customer's back."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault
        self._erased = ErasedEvents()

    def add_event(
        self, connection: Connection, customer_id: str, event: IncomingEvent, *, at: datetime
    ) -> EventOutcome:
        """Store one event that was received at ``at``."""
        return self.add_events(connection, [(CustomerId(customer_id), event)], at=at)[0]

    def add_events(
        self,
        connection: Connection,
        events: Sequence[tuple[CustomerId, IncomingEvent]],
        *,
        at: datetime,
    ) -> Sequence[EventOutcome]:
        """Store many events of any customers; the outcomes are in the order of ``events``.

        The key of an event is (customer, source, id). The same key with the same type, time and
        data is a duplicate, with other content a conflict; neither changes anything. What was
        erased stays away.
        """
        prepared = [self._prepare(customer, event) for customer, event in events]
        self._erased.hold(connection, [item.customer_id for item in prepared])
        known = self._known(connection, {item.key for item in prepared})
        fresh: dict[_Key, _Prepared] = {}
        for item in prepared:
            if item.key not in known:
                fresh.setdefault(item.key, item)
        erased = self._find_erased(connection, fresh)
        wanted = [item for key, item in fresh.items() if key not in erased]
        if wanted:
            known |= self._insert(connection, wanted, at)
        return [self._outcome(item, known.get(item.key)) for item in prepared]

    def list_events(
        self, connection: Connection, customer_id: str, *, categories: Collection[str]
    ) -> Sequence[HistoryEvent]:
        """Return the customer's events of these categories, in the order they were received."""
        values = {"of_customer": customer_id, "categories": sorted(categories)}
        return [self._opened(row) for row in connection.execute(_IN_CATEGORIES, values)]

    def list_events_after(
        self,
        connection: Connection,
        customer_id: str,
        *,
        categories: Collection[str],
        after: str = "",
        limit: int,
    ) -> Sequence[HistoryEvent]:
        """Return the customer's events of these categories with an id above ``after``."""
        values = {
            "of_customer": customer_id,
            "categories": sorted(categories),
            "after": after,
            "at_most": limit,
        }
        return [self._opened(row) for row in connection.execute(_AFTER, values)]

    def list_events_by_id(
        self, connection: Connection, customer_id: str, event_ids: Collection[str]
    ) -> Sequence[HistoryEvent]:
        """Return those of the named events that are this customer's."""
        values = {"of_customer": customer_id, "ids": list(event_ids)}
        return [self._opened(row) for row in connection.execute(_BY_IDS, values)]

    def list_event_ids(
        self,
        connection: Connection,
        customer_id: str,
        *,
        categories: Collection[str] | None = None,
    ) -> Sequence[EventId]:
        """Return the ids of the customer's events (of these categories), without opening any."""
        if categories is None:
            return list(connection.execute(_IDS, {"of_customer": customer_id}).scalars())
        values = {"of_customer": customer_id, "categories": sorted(categories)}
        return list(connection.execute(_IDS_IN_CATEGORIES, values).scalars())

    def count_events(self, connection: Connection) -> int:
        """Return how many events of all customers are stored; for import, check and metrics."""
        return connection.execute(_COUNT).scalar_one()

    def _prepare(self, customer_id: str, event: IncomingEvent) -> _Prepared:
        name = orjson.dumps([event.source, event.id])
        return _Prepared(
            customer_id=customer_id,
            event=event,
            event_hash=self._vault.keyed_hash(customer_id, "event", name),
            event_id=EventId(new_id()),
        )

    def _find_erased(
        self, connection: Connection, fresh: Mapping[_Key, _Prepared]
    ) -> Collection[_Key]:
        """Return the keys of those events that were erased."""
        if not fresh:
            return ()
        names = {key: key for key in fresh} | {
            (item.customer_id, self._lasting_hash(item.event)): key for key, item in fresh.items()
        }
        erased = {names[name] for name in self._erased.find_erased(connection, names)}
        bounds = self._erased.bounds(connection, {customer for customer, _ in fresh})
        if bounds:
            for key, item in fresh.items():
                ends = (
                    bounds.get((key[0], name)) for name in (item.event.category, ALL_CATEGORIES)
                )
                if any(end is not None and to_epoch_ms(item.event.time) <= end for end in ends):
                    erased.add(key)
        return erased

    def _lasting_hash(self, event: IncomingEvent) -> bytes:
        external = self._vault.external_hash(event.subject)
        return erased_hash_of(self._vault, external, event.source, event.id)

    def _outcome(self, item: _Prepared, stored: _Stored | None) -> EventOutcome:
        """Say what became of an event, given the row that holds its key now (None: erased)."""
        if stored is None:
            return EventOutcome("erased", item.event_id)
        if stored.event_id == item.event_id:
            return EventOutcome("stored", item.event_id)
        same = stored.content_hash == self._content_hash(item, stored.number)
        return EventOutcome("duplicate" if same else "conflict", stored.event_id)

    def _known(self, connection: Connection, keys: Collection[_Key]) -> dict[_Key, _Stored]:
        known: dict[_Key, _Stored] = {}
        pairs = list(keys)
        for start in range(0, len(pairs), _CHUNK):
            rows = connection.execute(_KNOWN, {"pairs": pairs[start : start + _CHUNK]})
            for row in rows:
                number = number_of(bytes(row.header))
                stored = _Stored(row.event_id, bytes(row.content_hash), number)
                known[row.customer_id, bytes(row.event_hash)] = stored
        return known

    def _insert(
        self, connection: Connection, fresh: Sequence[_Prepared], at: datetime
    ) -> dict[_Key, _Stored]:
        """Insert what was not known; another process may still have been first with some of it."""
        rows = [self._values(item, to_epoch_ms(at)) for item in fresh]
        inserted = connection.execute(_ADD.on(connection), rows).rowcount
        customers = dict.fromkeys(item.customer_id for item in fresh)
        queued = [{"customer_id": customer, "ticket": 1} for customer in sorted(customers)]
        connection.execute(_QUEUE.on(connection), queued)
        if inserted == len(fresh):
            return {item.key: _stored(row) for item, row in zip(fresh, rows, strict=True)}
        return self._known(connection, [item.key for item in fresh])

    def _values(self, item: _Prepared, received_at: int) -> dict[str, Any]:
        event = item.event
        content = orjson.dumps(
            {
                "source": event.source,
                "id": event.id,
                "type": event.type,
                "data": event.data,
                "rendering": event.rendering,
            }
        )
        sealed = self._vault.seal(item.customer_id, _E.name, item.event_id, content)
        return {
            "customer_id": item.customer_id,
            "event_id": item.event_id,
            "event_hash": item.event_hash,
            "content_hash": self._content_hash(item, number_of(sealed)),
            "category": event.category,
            "time": to_epoch_ms(event.time),
            "received_at": received_at,
            "sealed": sealed,
        }

    def _content_hash(self, item: _Prepared, number: int) -> bytes:
        event = item.event
        content = EventContent(event.type, to_epoch_ms(event.time), event.data)
        return content_hash_of(self._vault, item.customer_id, content, number=number)

    def _opened(self, row: Row[*tuple[Any, ...]]) -> HistoryEvent:
        opened = self._vault.open(row.customer_id, _E.name, row.event_id, row.sealed)
        content = orjson.loads(opened)
        return HistoryEvent(
            event_id=row.event_id,
            source=content["source"],
            id=content["id"],
            type=content["type"],
            time=from_epoch_ms(row.time),
            category=row.category,
            data=content["data"],
            rendering=content["rendering"],
        )


def _stored(row: dict[str, Any]) -> _Stored:
    return _Stored(row["event_id"], row["content_hash"], number_of(row["sealed"]))
