"""The only reader of a customer's history: it takes a grant and shows what the grant covers.

What is indexed comes from the customer's one sealed block, what came since from the event rows;
rows without a vector yet are found by their words and their structure.
"""

from dataclasses import dataclass

from assistant.core.events import HistoryEvent
from assistant.core.ids import CustomerId
from assistant.profile.consent.grants import Grant
from assistant.retrieval.history_block import unpack_history
from assistant.retrieval.history_ranking import (
    HistoryQuestion,
    HistoryRanking,
    HistoryView,
    rank_history,
)
from assistant.retrieval.history_view import view_of
from assistant.retrieval.opened_blocks import OpenedBlock, OpenedBlocks
from assistant.retrieval.record_types import CustomerRecords
from assistant.store.engine import Connection
from assistant.store.events import EventRepository
from assistant.store.history_blocks import HistoryBlockRepository

BYTE_LIMIT = 256 * 2**20
FRESH_LIMIT = 5_000
"""Events beyond the block that are looked at; the indexing worker keeps them few."""


@dataclass(frozen=True, slots=True)
class OpenedHistory:
    """One customer's events of the granted categories, and the records they add up to."""

    grant: Grant
    view: HistoryView

    @property
    def events(self) -> tuple[HistoryEvent, ...]:
        """Every event that the grant covers, in no particular order."""
        return self.view.events

    @property
    def records(self) -> CustomerRecords:
        """The records that these events add up to; nothing in them comes from other events."""
        return self.view.records

    def rank(self, question: HistoryQuestion) -> HistoryRanking:
        """Rank events and records for ``question``."""
        return rank_history(self.view, question)


class HistoryReader:
    """Opens histories; keeps opened blocks for the next turn. Any thread may call."""

    def __init__(
        self,
        *,
        events: EventRepository,
        blocks: HistoryBlockRepository,
        embedder: str,
        byte_limit: int = BYTE_LIMIT,
    ) -> None:
        """Read with ``events`` and ``blocks``.

        ``embedder`` is the identity of the vectors that questions come with; a block made with
        another one is searched by words only.
        """
        self._events = events
        self._blocks = blocks
        self._embedder = embedder
        self._opened = OpenedBlocks(byte_limit=byte_limit)

    def open(self, connection: Connection, grant: Grant) -> OpenedHistory:
        """Return what ``grant`` lets see of its customer's history, as of now."""
        opened = self._find_block(connection, grant.customer_id)
        fresh = self._events.list_events_after(
            connection,
            grant.customer_id,
            categories=grant.categories,
            after=opened.covers if opened else "",
            limit=FRESH_LIMIT,
        )
        if opened is None or fresh:
            return OpenedHistory(grant, view_of(grant.categories, opened, fresh, self._embedder))
        view = opened.views.get(grant.categories)
        if view is None:
            view = opened.views[grant.categories] = view_of(
                grant.categories, opened, (), self._embedder
            )
        return OpenedHistory(grant, view)

    def forget(self, customer_id: CustomerId) -> None:
        """Drop what is held in memory of one customer."""
        self._opened.forget(customer_id)

    def _find_block(self, connection: Connection, customer_id: CustomerId) -> OpenedBlock | None:
        version = self._blocks.find_version(connection, customer_id)
        if version is None:
            return None
        return self._opened.get_or_open(
            customer_id, version, lambda: self._open_block(connection, customer_id)
        )

    def _open_block(self, connection: Connection, customer_id: CustomerId) -> OpenedBlock:
        stored = self._blocks.find_block(connection, customer_id)
        if stored is None:  # the connection reads one snapshot, in which the version was there
            raise LookupError("a history block vanished within a snapshot")
        block = unpack_history(stored.packed)
        return OpenedBlock(stored.version, stored.covers, block, block.vectors())
