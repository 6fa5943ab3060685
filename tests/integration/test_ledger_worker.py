"""Old entries of the ledger go in time, and a database does not take that for a loss."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.databases import PostgresTemplate
from tests.fakes.clock import SteppableClock
from tests.fakes.erasure_ledger import InMemoryErasureLedger

from assistant.adapters.sql_erasure_ledger import SqlErasureLedger
from assistant.profile.erasure.ledger import LedgerEntry
from assistant.profile.erasure.ledger_standing import LedgerState, find_standing
from assistant.store.engine import Database
from assistant.store.ledger_marks import LedgerMarkRepository
from assistant.workers.ledger_worker import LedgerWorker

MARKS = LedgerMarkRepository()
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KEPT = timedelta(days=125)
GONE, STAYS = b"hash of whom was let go, 32 byte", b"hash of whom is remembered, 32 b"


@pytest.fixture
def ledger(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[SqlErasureLedger]:
    """A ledger of the same kind as the main database; its triggers go by the real time."""
    if database.dialect == "sqlite":
        found = SqlErasureLedger.open(f"sqlite:///{tmp_path / 'ledger' / 'l.db'}", key_check=b"k")
        yield found
        found.close()
        return
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    name = template.create_empty()
    found = SqlErasureLedger.open(template.url(name), key_check=b"k")
    yield found
    found.close()
    template.drop(name)


async def test_what_is_past_its_time_is_in_no_table_and_no_file_any_more(
    database: Database, ledger: SqlErasureLedger, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    old, new = now - KEPT - timedelta(minutes=1), now - KEPT + timedelta(hours=1)
    marks = ledger.append([entry(old, GONE), entry(old, GONE), entry(new, STAYS)])
    await database.write(lambda c: MARKS.add_marks(c, {m.seq: m.entry_hash for m in marks}))
    clock = SteppableClock(now)
    worker = LedgerWorker(ledger=ledger, database=database, marks=MARKS, clock=clock)

    for _ in range(2):  # the second look finds nothing to do
        assert not await worker.work()

        assert [(m, e.customer_hash) for m, e in ledger.entries()] == [(marks[2], STAYS)]
        assert ledger.find_break() is None
        assert ledger.reach().purged == marks[1]
        standing = await database.read(lambda c: find_standing(c, ledger, MARKS))
        assert standing.state is LedgerState.CURRENT
    for path in (tmp_path / "ledger").glob("*"):
        assert GONE not in path.read_bytes()
    ledger.append([entry(now, STAYS)])
    assert ledger.find_break() is None, "the chain goes on behind what was let go"


async def test_workers_of_two_processes_purge_side_by_side(
    database: Database, ledger: SqlErasureLedger
) -> None:
    now = datetime.now(UTC)
    marks = ledger.append([entry(now - KEPT * 2, GONE) for _ in range(20)])
    workers = [
        LedgerWorker(ledger=ledger, database=database, marks=MARKS, clock=SteppableClock(now))
        for _ in range(4)
    ]

    assert await asyncio.gather(*(worker.work() for worker in workers)) == [False] * 4

    assert list(ledger.entries()) == []
    assert ledger.reach().last == ledger.reach().purged == marks[-1]


async def test_a_database_from_before_what_was_let_go_is_told_to_be_too_old(
    database: Database, ledger: SqlErasureLedger
) -> None:
    """Nobody restores a backup that was kept for longer than the ledger remembers."""
    now = datetime.now(UTC)
    ledger.append([entry(now - KEPT * 2, GONE)])
    assert ledger.purge(now=now) == 1

    standing = await database.read(lambda c: find_standing(c, ledger, MARKS))

    assert (standing.state, standing.missing) == (LedgerState.TOO_OLD, 1)


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


def entry(at: datetime, customer: bytes = b"c") -> LedgerEntry:
    return LedgerEntry(kind="everything", customer_hash=customer, at=at, keep_until=at + KEPT)
