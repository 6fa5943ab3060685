"""Brings customers' history blocks up to date with their events; a worker calls it.

Read, embed, write are three steps: nothing is embedded inside a transaction. What is missing is
told by ids, not by time, so that an event which was committed late is found as well; events that
were deleted leave the block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from assistant.core.actor import Role
from assistant.core.clock import Clock, system_clock
from assistant.core.events import HistoryEvent
from assistant.core.ids import CustomerId, EventId
from assistant.profile.consent.usable_history import UsableHistory
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.history_block import HistoryBlock, pack_history, unpack_history
from assistant.retrieval.terms import terms
from assistant.store import history_blocks
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.engine import Connection, Database
from assistant.store.events import EventRepository
from assistant.store.history_blocks import HistoryBlockRepository, Waiting

ACTOR = "history-indexing"
"""Who customers see in their access log."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What one customer's new block is made of."""

    version: int
    first: bool
    usable: frozenset[str] | None
    kept: tuple[HistoryEvent, ...]
    kept_vectors: Vectors
    added: tuple[HistoryEvent, ...]

    @property
    def events(self) -> tuple[HistoryEvent, ...]:
        """Everything that was opened."""
        return (*self.kept, *self.added)


class HistoryIndexer:
    """Indexes the histories that are behind, one customer at a time."""

    def __init__(
        self,
        *,
        database: Database,
        events: EventRepository,
        blocks: HistoryBlockRepository,
        encoding: EncodingService,
        usable: UsableHistory | None = None,
        clock: Clock = system_clock,
    ) -> None:
        """Read and write through ``database``, embed with ``encoding``.

        What was opened is written into the customers' access logs, with the block or without it.

        Only events of ``usable`` categories are derived from (None: of all, where nobody's consent
        is at stake): what a customer lets be used for no purpose gets no vector.
        """
        self._database = database
        self._events = events
        self._blocks = blocks
        self._encoding = encoding
        self._usable = usable
        self._clock = clock
        self._access_log = AccessLogRepository()

    async def list_waiting(self, *, limit: int = 100) -> Sequence[Waiting]:
        """Return customers whose block is behind, at most ``limit``."""
        return await self._database.read(lambda c: self._blocks.list_waiting(c, limit=limit))

    async def queue_other_embedders(self) -> int:
        """Put customers whose block was made with another embedder on the list."""
        identity = self._encoding.identity
        return await self._database.write(lambda c: self._blocks.queue_other_embedders(c, identity))

    async def index(self, waiting: Waiting) -> bool:
        """Bring one customer's block up to date; False if another worker was first."""
        work = await self._database.read(lambda c: self._read(c, waiting.customer_id))
        vectors = await self._encode(work)
        block = self._pack(work, vectors)
        return await self._database.write(lambda c: self._write(c, waiting, block, work))

    def index_now(self, waiting: Waiting) -> bool:
        """Do the same without an event loop, for the command line."""
        work = self._database.read_now(lambda c: self._read(c, waiting.customer_id))
        vectors = self._encoding.encode_now([event.rendering for event in work.added])
        block = self._pack(work, vectors)
        return self._database.write_now(lambda c: self._write(c, waiting, block, work))

    def _read(self, connection: Connection, customer_id: CustomerId) -> _Work:
        stored = self._blocks.find_block(connection, customer_id)
        block = unpack_history(stored.packed) if stored else None
        usable = block if block and block.embedder == self._encoding.identity else None
        of_use = self._usable.find_categories(connection, customer_id) if self._usable else None
        ids = set(self._events.list_event_ids(connection, customer_id, categories=of_use))
        kept, kept_vectors = _kept(usable, ids, self._encoding.dimensions)
        missing = ids - {event.event_id for event in kept}
        added = self._events.list_events_by_id(connection, customer_id, missing)
        version = stored.version + 1 if stored else history_blocks.first_version()
        return _Work(version, stored is None, of_use, kept, kept_vectors, tuple(added))

    async def _encode(self, work: _Work) -> Vectors:
        """Embed the renderings in portions, so that customers who are asking come between."""
        parts = [np.zeros((0, self._encoding.dimensions), np.float32)]
        for start in range(0, len(work.added), 16):
            portion = work.added[start : start + 16]
            parts.append(await self._encoding.encode([event.rendering for event in portion]))
        return np.concatenate(parts)

    def _pack(self, work: _Work, vectors: Vectors) -> history_blocks.HistoryBlock:
        events = work.events
        packed = pack_history(
            events,
            np.concatenate([work.kept_vectors, vectors]),
            [terms(event.rendering) for event in events],
            embedder=self._encoding.identity,
        )
        return history_blocks.HistoryBlock(
            version=work.version,
            embedder=self._encoding.identity,
            covers=max((event.event_id for event in events), default=""),
            items=len(events),
            packed=packed,
        )

    def _write(
        self,
        connection: Connection,
        waiting: Waiting,
        block: history_blocks.HistoryBlock,
        work: _Work,
    ) -> bool:
        saved = self._save(connection, waiting, block, work)
        if work.events:
            entry = _reading(work, saved=saved, at=self._clock())
            self._access_log.add_access(connection, waiting.customer_id, entry)
        return saved

    def _save(
        self,
        connection: Connection,
        waiting: Waiting,
        block: history_blocks.HistoryBlock,
        work: _Work,
    ) -> bool:
        customer_id = waiting.customer_id
        if self._usable and self._usable.hold_categories(connection, customer_id) != work.usable:
            return False  # a decision came in between: the customer stays on the list
        held = self._events.list_event_ids(connection, customer_id)
        if not {event.event_id for event in work.events} <= set(held):
            return False  # some were erased in between, and must not come back with the block
        saved = self._blocks.save_block(connection, customer_id, block, first=work.first)
        if saved:
            self._blocks.settle(connection, waiting)
        return saved


def _reading(work: _Work, *, saved: bool, at: datetime) -> Access:
    """Return what the worker read of one customer: what it kept and what it embedded."""
    return Access(
        role=Role.WORKER,
        purpose="search_index",
        categories=frozenset(event.category for event in work.events),
        items=len(work.events),
        item_ids=(),
        at=at,
        actor=ACTOR,
        reading="indexing" if saved else "discarded",
    )


def _kept(
    block: HistoryBlock | None, ids: set[EventId], dimensions: int
) -> tuple[tuple[HistoryEvent, ...], Vectors]:
    """Return the events of the block that still exist, with their vectors."""
    if block is None:
        return (), np.zeros((0, dimensions), np.float32)
    events = [block.event(row) for row in range(len(block))]
    rows = [row for row, event in enumerate(events) if event.event_id in ids]
    return tuple(events[row] for row in rows), block.vectors()[rows]
