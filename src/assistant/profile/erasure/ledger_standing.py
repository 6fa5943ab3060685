"""Compares a database with the erasure ledger: does one of them come from an older copy?

The main database marks each entry it has carried out. Entries without a mark mean that the
database was restored (or that a write failed after its entry was on disk): the ledger is replayed.
Marks without an entry mean that the ledger was lost, cut short or replaced.
"""

from dataclasses import dataclass
from enum import StrEnum

from assistant.profile.erasure.ledger import ErasureLedger, LedgerReach
from assistant.store.engine import Connection
from assistant.store.ledger_marks import LedgerMarkRepository, MarkExtent


class LedgerState(StrEnum):
    """How a database stands to the ledger."""

    CURRENT = "current"
    BEHIND = "behind"
    """The ledger holds entries that this database has not carried out."""

    LOST = "lost"
    """The database has carried out entries that the ledger does not hold (any more)."""

    TOO_OLD = "too_old"
    """The database lacks entries that were let go: it is older than any backup was to be kept."""


@dataclass(frozen=True, slots=True)
class LedgerStanding:
    """The state, and how many entries are missing on the side that lacks them."""

    state: LedgerState
    missing: int = 0


def find_standing(
    connection: Connection, ledger: ErasureLedger, marks: LedgerMarkRepository
) -> LedgerStanding:
    """Compare the marks of a database with the ledger.

    The ledger is asked first: an entry that is appended meanwhile is then not waited for.
    """
    reach = ledger.reach()
    extent = marks.find_extent(connection)
    if extent is None:
        return _standing_without_marks(reach)
    if extent.last > reach.last.seq:
        return LedgerStanding(LedgerState.LOST, extent.last - reach.last.seq)
    if not _agrees(ledger, reach, extent):
        return LedgerStanding(LedgerState.LOST, 1)
    lacking = _missing(connection, marks, first=extent.base + 1, last=reach.purged.seq)
    if lacking:
        return LedgerStanding(LedgerState.TOO_OLD, lacking)
    first = max(extent.base, reach.purged.seq) + 1
    missing = _missing(connection, marks, first=first, last=reach.last.seq)
    if missing:
        return LedgerStanding(LedgerState.BEHIND, missing)
    return LedgerStanding(LedgerState.CURRENT)


def _standing_without_marks(reach: LedgerReach) -> LedgerStanding:
    """Judge a database that never carried an entry out: a new one, or an old copy."""
    if reach.purged.seq:
        return LedgerStanding(LedgerState.TOO_OLD, reach.purged.seq)
    if reach.last.seq:
        return LedgerStanding(LedgerState.BEHIND, reach.last.seq)
    return LedgerStanding(LedgerState.CURRENT)


def _agrees(ledger: ErasureLedger, reach: LedgerReach, extent: MarkExtent) -> bool:
    """Whether the newest mark is of this very ledger; unknowable once its entry was let go."""
    if extent.last < reach.purged.seq:
        return True
    if extent.last == reach.purged.seq:
        return extent.last_hash == reach.purged.entry_hash
    return ledger.find_hash(extent.last) == extent.last_hash


def _missing(connection: Connection, marks: LedgerMarkRepository, *, first: int, last: int) -> int:
    """Return how many numbers from ``first`` to ``last`` have no mark."""
    if last < first:
        return 0
    return last - first + 1 - marks.count_marks(connection, first=first, last=last)
