"""An erasure ledger in a list, held to the same contract suite as the one in SQL."""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assistant.profile.erasure.ledger import LedgerEntry, LedgerMark, LedgerReach


@dataclass
class InMemoryErasureLedger:
    """Fulfils ``profile.erasure.ledger.ErasureLedger``."""

    kept: list[tuple[LedgerMark, LedgerEntry]] = field(default_factory=list)
    purged: LedgerMark = field(default_factory=lambda: LedgerMark(0, b""))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, entries: Sequence[LedgerEntry]) -> Sequence[LedgerMark]:
        with self._lock:
            return [self._append(entry) for entry in entries]

    def erased_since(self, subject_hash: bytes) -> datetime | None:
        erased = (
            entry.at
            for _, entry in self.kept
            if entry.kind == "everything" and entry.subject_hash == subject_hash
        )
        return max(erased, default=None)

    def list_parts(self, subject_hash: bytes) -> Sequence[LedgerEntry]:
        kinds = {"all_data", "category", "event"}
        return [
            entry
            for _, entry in self.kept
            if entry.kind in kinds and entry.subject_hash == subject_hash
        ]

    def entries(self) -> Iterator[tuple[LedgerMark, LedgerEntry]]:
        yield from list(self.kept)

    def reach(self) -> LedgerReach:
        return LedgerReach(self.purged, self.kept[-1][0] if self.kept else self.purged)

    def find_hash(self, seq: int) -> bytes | None:
        return next((mark.entry_hash for mark, _ in self.kept if mark.seq == seq), None)

    def find_break(self) -> int | None:
        previous = self.purged
        for mark, entry in self.kept:
            if mark != _mark(previous, entry):
                return previous.seq + 1
            previous = mark
        return None

    def find_purgeable(self, *, now: datetime) -> LedgerMark | None:
        found = None
        for mark, entry in self.kept:
            if entry.keep_until >= now:
                break
            found = mark
        return found

    def purge(self, *, now: datetime) -> int:
        newest = self.find_purgeable(now=now)
        if newest is None:
            return 0
        before, self.purged = self.purged, newest
        self.kept = [(mark, entry) for mark, entry in self.kept if mark.seq > newest.seq]
        return newest.seq - before.seq

    def _append(self, entry: LedgerEntry) -> LedgerMark:
        mark = _mark(self.reach().last, entry)
        self.kept.append((mark, entry))
        return mark


def _mark(previous: LedgerMark, entry: LedgerEntry) -> LedgerMark:
    content = previous.entry_hash + repr(entry).encode()
    return LedgerMark(previous.seq + 1, hashlib.sha256(content).digest())
