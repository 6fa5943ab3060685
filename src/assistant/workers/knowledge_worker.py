"""Serves each new knowledge index soon after it was built, and rebuilds one that is damaged.

Any number of processes may run it: builds in one folder wait for each other, and the second finds
that nothing is left to do.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from assistant.core.backoff import Backoff
from assistant.core.clock import Clock
from assistant.core.errors import AssistantError, IndexDamaged
from assistant.core.faults import place_of
from assistant.core.message_bus import MessageBus, Topic
from assistant.retrieval.indexing import IndexBuilder
from assistant.retrieval.knowledge_store import KnowledgeStore

_log = structlog.get_logger("assistant.workers")


class KnowledgeWorker:
    """Looks for a new generation, and builds one where there is none that can be served.

    Both happen in threads: answers go on from the index in memory meanwhile. An attempt to rebuild
    that changes nothing is repeated ever more rarely, for it costs minutes of a processor.
    """

    def __init__(
        self,
        *,
        store: KnowledgeStore,
        builder: IndexBuilder,
        knowledge: Callable[[], Path],
        bus: MessageBus,
        clock: Clock,
    ) -> None:
        """Keep ``store`` current, rebuilding from ``knowledge()`` with ``builder`` where needed.

        Asked each time, because another folder may have been indexed since the service started.
        """
        self._store = store
        self._builder = builder
        self._knowledge = knowledge
        self._bus = bus
        self._clock = clock
        self._backoff = Backoff(first=10.0, longest=600.0)
        self._rebuild_from: datetime | None = None
        self._reported: str | None = None

    async def work(self) -> bool:
        """Serve what is current on disk; rebuild if that is damaged or nothing. Never has more."""
        if await asyncio.to_thread(self._store.refresh):
            self._log_generation()
        self._report_problem()
        if not self._needs_rebuild():
            self._backoff.reset()
            self._rebuild_from = None
        elif self._rebuild_from is None or self._rebuild_from <= self._clock():
            await self._rebuild()
        return False

    def _needs_rebuild(self) -> bool:
        """Tell a damaged or missing index from a sound one of another embedder.

        While an older index serves, one of another embedder is left alone: two processes with
        different settings would otherwise rebuild each other's without end.
        """
        return self._store.current() is None or isinstance(self._store.problem, IndexDamaged)

    async def _rebuild(self) -> None:
        _log.warning("knowledge_rebuild_started", attempt=self._backoff.failures + 1)
        try:
            report = await asyncio.to_thread(self._store.rebuild, self._builder, self._knowledge())
        except Exception as error:  # looking for a generation somebody else builds must go on
            _log.error("knowledge_rebuild_failed", **_reason_of(error))
        else:
            _log.info("knowledge_rebuilt", seconds=round(report.seconds, 1))
            self._log_generation()
            self._report_problem()
            self._bus.publish(Topic.KNOWLEDGE)
        finally:
            self._rebuild_from = self._clock() + timedelta(seconds=self._backoff.next())
        if not self._needs_rebuild():  # the rebuild looked at it: what breaks now is new damage
            self._backoff.reset()
            self._rebuild_from = None

    def _log_generation(self) -> None:
        index = self._store.current()
        if index is not None:
            _log.info("knowledge_served", generation=index.generation, passages=len(index.passages))

    def _report_problem(self) -> None:
        """Log a problem once, not at every look. Knowledge is shared: its messages are safe."""
        problem = self._store.problem
        if problem is not None and problem.message != self._reported:
            _log.warning("knowledge_degraded", **_reason_of(problem))
        self._reported = problem.message if problem else None


def _reason_of(error: Exception) -> dict[str, str]:
    reason = {"error": type(error).__qualname__, "where": place_of(error)}
    return {**reason, "reason": error.message} if isinstance(error, AssistantError) else reason
