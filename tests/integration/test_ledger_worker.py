"""Old entries of the ledger go in time, and a database does not take that for a loss."""

from datetime import UTC, datetime, timedelta

from tests.fakes.clock import SteppableClock
from tests.fakes.erasure_ledger import InMemoryErasureLedger

from assistant.profile.erasure_ledger import LedgerEntry
from assistant.profile.ledger_standing import LedgerState, find_standing
from assistant.store.engine import Database
from assistant.store.ledger_marks import LedgerMarkRepository
from assistant.workers.ledger_worker import LedgerWorker

MARKS = LedgerMarkRepository()
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


async def test_entries_are_purged_in_time_and_not_missed(
    database: Database, clock: SteppableClock
) -> None:
    ledger = InMemoryErasureLedger()
    first, unmarked, last = ledger.append([entry(AT), entry(AT), entry(AT + timedelta(days=9))])
    await database.write(
        lambda c: MARKS.add_marks(c, {mark.seq: mark.entry_hash for mark in (first, last)})
    )
    worker = LedgerWorker(ledger=ledger, database=database, marks=MARKS, clock=clock)

    clock.advance(days=125)
    assert not await worker.work()
    assert len(ledger.kept) == 3
    clock.advance(minutes=1)
    assert not await worker.work()

    assert [mark for mark, _ in ledger.entries()] == [last]
    assert ledger.reach().purged == unmarked
    standing = await database.read(lambda c: find_standing(c, ledger, MARKS))
    assert standing.state is LedgerState.CURRENT
    extent = await database.read(MARKS.find_extent)
    assert extent is not None
    assert (extent.base, extent.last) == (unmarked.seq, last.seq)


def entry(at: datetime) -> LedgerEntry:
    return LedgerEntry(
        kind="everything", customer_hash=b"c", at=at, keep_until=at + timedelta(days=125)
    )
