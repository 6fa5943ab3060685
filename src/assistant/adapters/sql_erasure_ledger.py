"""The erasure ledger in a database of its own: SQLite by default, even beside PostgreSQL.

The SQL lives in ``store.erasure_ledger``; here is only the port.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Self, cast

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.profile.erasure.ledger import LedgerEntry, LedgerKind, LedgerMark, LedgerReach
from assistant.store.engine import Database
from assistant.store.erasure_ledger import ChainedRow, ErasureLedgerRepository, LedgerRow
from assistant.store.ledger_tables import create_ledger_tables

_CHUNK: Final = 1000


class SqlErasureLedger:
    """Fulfils ``profile.erasure.ledger.ErasureLedger``."""

    def __init__(self, *, database: Database) -> None:
        self._database = database
        self._rows = ErasureLedgerRepository()

    @classmethod
    def open(cls, url: str, *, key_check: bytes) -> Self:
        """Open the ledger of ``url``, making its tables when it is new.

        Raises:
            ConfigurationError: it was written by a later version or with other keys.
        """
        database = Database.open(url, pool_size=2)
        try:
            database.write_now(lambda c: create_ledger_tables(c, key_check=key_check))
        except BaseException:
            database.close_now()
            raise
        return cls(database=database)

    def close(self) -> None:
        """Close the ledger."""
        self._database.close_now()

    def append(self, entries: Sequence[LedgerEntry]) -> Sequence[LedgerMark]:
        """Append entries in order, durably."""
        if not entries:
            return []
        rows = [_row(entry) for entry in entries]
        marks = self._database.write_now(lambda c: self._rows.append(c, rows))
        return [LedgerMark(seq, entry_hash) for seq, entry_hash in marks]

    def erased_since(self, subject_hash: bytes) -> datetime | None:
        """Return when everything of this subject was last erased."""
        found = self._database.read_now(lambda c: self._rows.erased_since(c, subject_hash))
        return None if found is None else from_epoch_ms(found)

    def list_parts(self, subject_hash: bytes) -> Sequence[LedgerEntry]:
        """Return what was erased of this subject's events."""
        rows = self._database.read_now(lambda c: self._rows.list_parts(c, subject_hash))
        return [_entry(row) for row in rows]

    def entries(self) -> Iterator[tuple[LedgerMark, LedgerEntry]]:
        """Yield all entries, oldest first."""
        for chained in self._walk():
            yield LedgerMark(chained.seq, chained.entry_hash), _entry(chained.row)

    def reach(self) -> LedgerReach:
        """Return both ends of the ledger, of one moment."""
        purged, last = self._database.read_now(lambda c: (self._rows.start(c), self._rows.last(c)))
        return LedgerReach(purged=LedgerMark(*purged), last=LedgerMark(*last))

    def find_hash(self, seq: int) -> bytes | None:
        """Return the hash of one entry."""
        return self._database.read_now(lambda c: self._rows.find_hash(c, seq))

    def find_break(self) -> int | None:
        """Return the first entry whose hash, number or predecessor is not what it must be."""
        seq, previous = self._database.read_now(self._rows.start)
        for chained in self._walk():
            seq += 1
            if chained.seq != seq or not chained.fits(previous):
                return seq
            previous = chained.entry_hash
        return None

    def find_purgeable(self, *, now: datetime) -> LedgerMark | None:
        """Return the newest entry that may be let go of now."""
        found = self._database.read_now(
            lambda c: self._rows.find_purgeable(c, now=to_epoch_ms(now))
        )
        return None if found is None else LedgerMark(*found)

    def purge(self, *, now: datetime) -> int:
        """Let go of the oldest entries whose time has come, out of SQLite's log too."""
        gone = self._database.write_now(lambda c: self._rows.purge(c, now=to_epoch_ms(now)))
        if gone:
            self._database.checkpoint_now()
        return gone

    def _walk(self) -> Iterator[ChainedRow]:
        after = 0
        while chunk := self._chunk(after):
            yield from chunk
            after = chunk[-1].seq

    def _chunk(self, after: int) -> list[ChainedRow]:
        return self._database.read_now(lambda c: self._rows.list_after(c, after, limit=_CHUNK))


def _row(entry: LedgerEntry) -> LedgerRow:
    return LedgerRow(
        kind=entry.kind,
        customer_hash=entry.customer_hash,
        at=to_epoch_ms(entry.at),
        keep_until=to_epoch_ms(entry.keep_until),
        subject_hash=entry.subject_hash,
        target_hash=entry.target_hash,
        purpose=entry.purpose,
        chain_head=entry.chain_head,
    )


def _entry(row: LedgerRow) -> LedgerEntry:
    return LedgerEntry(
        kind=cast("LedgerKind", row.kind),
        customer_hash=row.customer_hash,
        at=from_epoch_ms(row.at),
        keep_until=from_epoch_ms(row.keep_until),
        subject_hash=row.subject_hash,
        target_hash=row.target_hash,
        purpose=row.purpose,
        chain_head=row.chain_head,
    )
