"""Imports a file of events of any size: bounded memory, resumable, good lines never wait for bad.

The file is read in chunks; a chunk's events and the line it ends at are committed together. A run
that was killed goes on after the last committed chunk; a run that was finished starts over and
reports duplicates. Which file it is, is told by its content (and that of the mapping), not by its
name.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias

from assistant.channels.cloudevents import EventParser, Invalid, ParsedEvent
from assistant.channels.import_outcome import ImportOutcome, Tally
from assistant.channels.intake import Intake, ItemResult
from assistant.channels.lines import MAX_LINE_BYTES, read_lines
from assistant.channels.tabular import TableMapping, read_table
from assistant.core.clock import Clock
from assistant.core.errors import InvalidInput
from assistant.store.engine import Connection, Database
from assistant.store.intake_state import IntakeStateRepository

CHUNK_EVENTS = 500
CHUNK_BYTES = 4 * 1024 * 1024
"""A chunk ends at whichever comes first, so that large events do not fill memory."""

NumberedEvent: TypeAlias = tuple[int, ParsedEvent, int]
"""The line an event ends at, the event, and about how many bytes it takes."""

TABLE_SUFFIXES = frozenset({".csv", ".tsv"})
EVENT_SUFFIXES = frozenset({".ndjson", ".jsonl"})
"""Files that are never tables, also where a mapping is given for the tables beside them."""


class EventImport:
    """Imports NDJSON of CloudEvents, or CSV with a mapping."""

    def __init__(
        self,
        *,
        database: Database,
        intake: Intake,
        parser: EventParser,
        progress: IntakeStateRepository,
        clock: Clock,
    ) -> None:
        self._database = database
        self._intake = intake
        self._parser = parser
        self._progress = progress
        self._clock = clock

    def run(
        self,
        path: Path,
        *,
        mapping: Path | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> ImportOutcome:
        """Import ``path`` and return what became of its lines; blocking.

        ``on_progress`` is called after each chunk with the number of the last line done.

        Raises:
            InvalidInput: the file cannot be read, or a CSV comes without a mapping.
            PackInvalid: the mapping is wrong; names its line.
        """
        table = self._table(path, mapping)
        fingerprint = self._fingerprint(path, mapping)
        done = self._database.read_now(lambda c: self._progress.find_progress(c, fingerprint)) or 0
        tally = Tally(resumed_after=done)
        with path.open("rb") as stream:
            events = (
                read_table(stream, table, self._parser)
                if table
                else read_events(stream, self._parser)
            )
            waiting = (event for event in events if event[0] > done)
            for chunk in in_chunks(waiting):
                self._import_chunk(chunk, fingerprint, tally)
                if on_progress:
                    on_progress(chunk[-1][0])
        self._database.write_now(lambda c: self._progress.remove_progress(c, fingerprint))
        return tally.outcome()

    def _import_chunk(self, chunk: list[NumberedEvent], fingerprint: str, tally: Tally) -> None:
        """Store one chunk with the line it ends at, then count it."""

        def work(connection: Connection) -> list[ItemResult]:
            results = self._intake.store_batch(connection, [event for _, event, _ in chunk])
            self._progress.save_progress(
                connection, fingerprint, line=chunk[-1][0], at=self._clock()
            )
            return results

        for (line, _, _), result in zip(chunk, self._database.write_now(work), strict=True):
            tally.add(line, result)

    def _table(self, path: Path, mapping: Path | None) -> TableMapping | None:
        """Return the mapping of a table, None for NDJSON."""
        if path.suffix.lower() in EVENT_SUFFIXES:
            return None
        if mapping is not None:
            return TableMapping.load(mapping)
        if path.suffix.lower() in TABLE_SUFFIXES:
            raise InvalidInput(
                f"{path}: a table needs a mapping file that says what its columns mean (--mapping)"
            )
        return None

    def _fingerprint(self, path: Path, mapping: Path | None) -> str:
        """Return the SHA-256 of what is imported and how."""
        digest = hashlib.sha256(mapping.read_bytes() if mapping else b"")
        digest.update(b"\0")
        try:
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise InvalidInput(f"{path}: cannot be read ({error.strerror})") from None
        return digest.hexdigest()


def read_events(stream: BinaryIO, parser: EventParser) -> Iterator[NumberedEvent]:
    """Yield the events of NDJSON; empty lines are passed over."""
    for line in read_lines(stream):
        if line.content is None:
            yield line.number, Invalid(f"longer than {MAX_LINE_BYTES} bytes"), 0
        elif line.content.strip():
            yield line.number, parser.parse_json(line.content), len(line.content)


def in_chunks(
    events: Iterator[NumberedEvent], *, most: int = CHUNK_EVENTS, size: int = CHUNK_BYTES
) -> Iterator[list[NumberedEvent]]:
    """Yield ``events`` in chunks of at most ``most`` events and about ``size`` bytes."""
    chunk: list[NumberedEvent] = []
    weight = 0
    for event in events:
        chunk.append(event)
        weight += event[2]
        if len(chunk) >= most or weight >= size:
            yield chunk
            chunk, weight = [], 0
    if chunk:
        yield chunk
