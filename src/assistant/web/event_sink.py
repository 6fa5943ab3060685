"""Events over HTTP: the channels' parser and intake behind the port ``EventSink``."""

import asyncio
from collections.abc import Callable, Sequence

from assistant.channels.cloudevents import EventParser, ParsedEvent
from assistant.channels.intake import Intake, ItemResult
from assistant.store.engine import Database


class StoreEvents:
    """Parses off the event loop and off the writer, then stores in one transaction."""

    def __init__(
        self,
        *,
        database: Database,
        intake: Intake,
        parser: EventParser,
        on_stored: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the parts of channels and store; ``on_stored`` is told of each durable batch."""
        self._database = database
        self._intake = intake
        self._parser = parser
        self._on_stored = on_stored

    async def store_batch(self, documents: Sequence[object]) -> Sequence[ItemResult]:
        """Store what may be stored; one result per document, in order."""
        parsed = await asyncio.to_thread(self._parse, documents)
        results = await self._database.write(
            lambda connection: self._intake.store_batch(connection, parsed)
        )
        self._on_stored()
        return results

    def _parse(self, documents: Sequence[object]) -> list[ParsedEvent]:
        return [self._parser.parse(document) for document in documents]
