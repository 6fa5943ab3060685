"""What every ``profile.erasure.ledger.ErasureLedger`` keeps to: the fake, and SQL on both."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.databases import PostgresTemplate
from tests.fakes.erasure_ledger import InMemoryErasureLedger

from assistant.adapters.sql_erasure_ledger import SqlErasureLedger
from assistant.profile.erasure.ledger import ErasureLedger, LedgerEntry, LedgerMark

AT = datetime(2024, 3, 2, 9, 30, tzinfo=UTC)
"""Long past by the database's own clock, which has a say in what may be let go."""

KEY_CHECK = b"a check value of 32 bytes, surely"


@pytest.fixture
def postgres_ledger(postgres_template: PostgresTemplate) -> Iterator[SqlErasureLedger]:
    name = postgres_template.create_empty()
    ledger = SqlErasureLedger.open(postgres_template.url(name), key_check=KEY_CHECK)
    yield ledger
    ledger.close()
    postgres_template.drop(name)


@pytest.fixture
def sqlite_ledger(tmp_path: Path) -> Iterator[SqlErasureLedger]:
    url = f"sqlite:///{tmp_path / 'ledger' / 'ledger.db'}"
    ledger = SqlErasureLedger.open(url, key_check=KEY_CHECK)
    yield ledger
    ledger.close()


@pytest.fixture
def in_memory_ledger() -> InMemoryErasureLedger:
    return InMemoryErasureLedger()


@pytest.fixture(params=["in_memory_ledger", "sqlite_ledger", "postgres_ledger"])
def ledger(request: pytest.FixtureRequest) -> ErasureLedger:
    ledger: ErasureLedger = request.getfixturevalue(request.param)
    return ledger


def erasure(
    subject: bytes = b"ada",
    *,
    at: datetime = AT,
    keep_until: datetime | None = None,
    kind: str = "everything",
) -> LedgerEntry:
    return LedgerEntry(
        kind=kind,  # type: ignore[arg-type]  # a literal at every call
        customer_hash=b"customer " + subject,
        at=at,
        keep_until=keep_until or at + timedelta(days=125),
        subject_hash=subject,
        chain_head=b"head",
    )


WITHDRAWAL = LedgerEntry(
    kind="withdrawal",
    customer_hash=b"customer ben",
    at=AT,
    keep_until=AT + timedelta(days=125),
    target_hash=b"browsing",
    purpose="personalise",
)


def test_an_empty_ledger_begins_and_ends_at_zero(ledger: ErasureLedger) -> None:
    reach = ledger.reach()

    assert (reach.purged, reach.last) == (LedgerMark(0, b""), LedgerMark(0, b""))
    assert list(ledger.entries()) == []
    assert ledger.find_break() is None


def test_entries_come_back_whole_and_in_order(ledger: ErasureLedger) -> None:
    first = ledger.append([erasure(), WITHDRAWAL])
    second = ledger.append([erasure(b"ben")])

    marks = [*first, *second]
    assert [mark.seq for mark in marks] == [1, 2, 3]
    assert list(ledger.entries()) == list(
        zip(marks, [erasure(), WITHDRAWAL, erasure(b"ben")], strict=True)
    )
    assert ledger.reach().last == marks[-1]
    assert ledger.find_hash(2) == marks[1].entry_hash
    assert ledger.find_hash(4) is None


def test_equal_entries_have_different_hashes(ledger: ErasureLedger) -> None:
    marks = ledger.append([erasure(), erasure()])

    assert marks[0].entry_hash != marks[1].entry_hash


def test_appending_nothing_is_no_error(ledger: ErasureLedger) -> None:
    assert list(ledger.append([])) == []


def test_a_subject_is_erased_since_the_newest_erasure_of_everything(ledger: ErasureLedger) -> None:
    later = AT + timedelta(days=3)
    ledger.append([erasure(at=later), erasure(), erasure(b"ben", kind="all_data"), WITHDRAWAL])

    assert ledger.erased_since(b"ada") == later
    assert ledger.erased_since(b"ben") is None
    assert ledger.erased_since(b"nobody") is None


def test_more_entries_than_one_chunk_are_walked(ledger: ErasureLedger) -> None:
    ledger.append([WITHDRAWAL] * 1200)

    assert [mark.seq for mark, _ in ledger.entries()] == list(range(1, 1201))
    assert ledger.find_break() is None


def test_racing_appends_give_one_chain(ledger: ErasureLedger) -> None:
    def append() -> None:
        for _ in range(5):
            ledger.append([WITHDRAWAL])

    threads = [threading.Thread(target=append) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [mark.seq for mark, _ in ledger.entries()] == list(range(1, 21))
    assert ledger.find_break() is None


def test_purging_lets_go_of_the_oldest_entries_whose_time_has_come(ledger: ErasureLedger) -> None:
    marks = ledger.append(
        [
            erasure(),
            erasure(),
            erasure(keep_until=AT + timedelta(days=400)),
            erasure(),  # over as well, but behind one that stays
        ]
    )

    assert ledger.find_purgeable(now=AT + timedelta(days=126)) == marks[1]
    assert ledger.purge(now=AT + timedelta(days=126)) == 2
    assert ledger.find_purgeable(now=AT + timedelta(days=126)) is None
    assert [mark.seq for mark, _ in ledger.entries()] == [3, 4]
    assert (ledger.reach().purged, ledger.reach().last) == (marks[1], marks[3])
    assert ledger.find_break() is None


def test_the_chain_goes_on_after_everything_was_let_go(ledger: ErasureLedger) -> None:
    marks = ledger.append([erasure(), erasure()])

    assert ledger.purge(now=AT + timedelta(days=126)) == 2
    assert ledger.reach().last == marks[1]
    assert [mark.seq for mark in ledger.append([WITHDRAWAL])] == [3]
    assert ledger.find_break() is None


def test_nothing_is_let_go_before_its_time(ledger: ErasureLedger) -> None:
    ledger.append([erasure()])

    assert ledger.purge(now=AT + timedelta(days=125)) == 0
    assert len(list(ledger.entries())) == 1
