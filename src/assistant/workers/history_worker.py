"""Keeps customers' history blocks up to date with their events.

Any number of processes may run it on one database, without leases: a block is saved only in place
of the version it was made from, so of two workers with the same customer one finds that the other
was first, and the cost is one embedding too many. Customers who are asking go first, for the
encoding service takes what is indexed in small portions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from assistant.core.backoff import Backoff
from assistant.core.clock import Clock
from assistant.core.errors import Overloaded, StaleDataKey
from assistant.core.faults import place_of
from assistant.core.ids import CustomerId
from assistant.retrieval.history_indexing import HistoryIndexer

_log = structlog.get_logger("assistant.workers")


@dataclass(slots=True)
class _SetAside:
    """A customer whose history could not be indexed, and when to try again."""

    until: datetime
    backoff: Backoff = field(default_factory=lambda: Backoff(first=5.0, longest=600.0))


class HistoryWorker:
    """Indexes who is waiting, a batch at a time.

    A customer whose history cannot be indexed (a seal that does not open, say) is set aside and
    tried again ever more rarely, and stands in nobody's way.
    """

    def __init__(self, *, indexer: HistoryIndexer, clock: Clock, batch: int = 100) -> None:
        """Index ``batch`` customers at a time."""
        self._indexer = indexer
        self._clock = clock
        self._batch = batch
        self._set_aside: dict[CustomerId, _SetAside] = {}
        self._embedders_checked = False

    async def work(self) -> bool:
        """Index one batch; return whether more customers are waiting.

        Raises:
            Overloaded: the encoder or the database has no room; nothing is lost.
        """
        await self._check_embedders()
        # Whoever is set aside is still listed, so as many more are asked for.
        limit = self._batch + len(self._set_aside)
        waiting = await self._indexer.list_waiting(limit=limit)
        if len(waiting) < limit:
            self._keep_aside([entry.customer_id for entry in waiting])
        due = [entry for entry in waiting if self._is_due(entry.customer_id)]
        indexed = 0
        for entry in due:
            try:
                indexed += await self._indexer.index(entry)
            except StaleDataKey as error:  # being erased or re-sealed; nobody else need wait
                self._put_aside(entry.customer_id, error)
            except Overloaded:
                raise
            except Exception as error:  # this customer's, and not the others'
                self._put_aside(entry.customer_id, error)
            else:
                self._set_aside.pop(entry.customer_id, None)
        return bool(indexed) and len(waiting) == limit

    async def _check_embedders(self) -> None:
        """Once after the start, queue every block that another embedder made."""
        if not self._embedders_checked:
            queued = await self._indexer.queue_other_embedders()
            self._embedders_checked = True
            if queued:
                _log.info("histories_of_other_embedder_queued", customers=queued)

    def _is_due(self, customer_id: CustomerId) -> bool:
        entry = self._set_aside.get(customer_id)
        return entry is None or entry.until <= self._clock()

    def _put_aside(self, customer_id: CustomerId, error: Exception) -> None:
        entry = self._set_aside.setdefault(customer_id, _SetAside(until=self._clock()))
        pause = entry.backoff.next()
        entry.until = self._clock() + timedelta(seconds=pause)
        _log.warning(
            "history_not_indexed",
            customer_id=customer_id,
            error=type(error).__qualname__,
            where=place_of(error),
            pause=pause,
        )

    def _keep_aside(self, waiting: Sequence[CustomerId]) -> None:
        """Forget those who wait no longer: another worker indexed them, or they were erased."""
        for customer_id in self._set_aside.keys() - set(waiting):
            del self._set_aside[customer_id]
