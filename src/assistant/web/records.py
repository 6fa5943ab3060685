"""What is stored of customers, for their own eyes: the store behind the port ``OwnRecords``.

This is no use of a history for a purpose, so it takes no grant; the proof it takes is the actor,
which exists only for somebody whose token was verified, and it reads that actor's rows only.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from assistant.core.actor import CustomerActor
from assistant.core.events import HistoryEvent
from assistant.core.ids import EventId
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.engine import Connection, Database


class OwnEvents(Protocol):
    """The two reads of ``store.events`` that showing a history needs."""

    def list_event_ids(self, connection: Connection, customer_id: str) -> Sequence[EventId]:
        """Return the ids of all events of the customer, oldest first, without opening any."""
        ...

    def list_events_by_id(
        self, connection: Connection, customer_id: str, event_ids: Collection[str]
    ) -> Sequence[HistoryEvent]:
        """Return those of the named events that are this customer's."""
        ...

    def list_events(
        self, connection: Connection, customer_id: str, *, categories: Collection[str]
    ) -> Sequence[HistoryEvent]:
        """Return the customer's events of these categories, oldest first."""
        ...


class StoreRecords:
    """Reads an actor's own rows; newest first by when they were received."""

    def __init__(
        self, *, database: Database, events: OwnEvents, access_log: AccessLogRepository
    ) -> None:
        """Take the store's parts; ``bootstrap`` passes the event repository."""
        self._database = database
        self._events = events
        self._access_log = access_log

    async def list_history(
        self, actor: CustomerActor, *, category: str | None, after: str | None, limit: int
    ) -> Sequence[HistoryEvent]:
        """Return a page of the actor's events; only those of the page are opened."""

        def work(connection: Connection) -> Sequence[HistoryEvent]:
            if category is not None:
                return self._of_category(connection, actor, category)
            ids = self._events.list_event_ids(connection, actor.customer_id)
            newest = [each for each in reversed(ids) if after is None or each < after]
            page = newest[:limit]
            opened = self._events.list_events_by_id(connection, actor.customer_id, page)
            return sorted(opened, key=lambda event: event.event_id, reverse=True)

        events = await self._database.read(work)
        return [e for e in events if after is None or e.event_id < after][:limit]

    def _of_category(
        self, connection: Connection, actor: CustomerActor, category: str
    ) -> Sequence[HistoryEvent]:
        found = self._events.list_events(connection, actor.customer_id, categories=[category])
        return list(reversed(found))

    async def list_access(
        self, actor: CustomerActor, *, before: str | None, limit: int
    ) -> Sequence[Access]:
        """Return a page of the actor's access log."""
        return await self._database.read(
            lambda connection: self._access_log.list_accesses(
                connection, actor.customer_id, limit=limit, before=before
            )
        )
