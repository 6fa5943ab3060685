"""What is written to the ledger before it is acknowledged, and how an old database is known."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.fakes.erasure_ledger import InMemoryErasureLedger
from tests.profile_parts import Parts

from assistant.core.errors import ConfigurationError
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.erasure.ledger import LedgerEntry, LedgerHashes
from assistant.profile.erasure.ledger_recorder import LedgerRecorder
from assistant.profile.erasure.ledger_standing import LedgerStanding, LedgerState, find_standing
from assistant.store.engine import Connection, Database
from assistant.store.ledger_customers import LedgerCustomers
from assistant.store.ledger_marks import LedgerMarkRepository
from assistant.vault.vault import Vault

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MARKS = LedgerMarkRepository()


@pytest.fixture
def ledger() -> InMemoryErasureLedger:
    return InMemoryErasureLedger()


@pytest.fixture
def recorder(ledger: InMemoryErasureLedger, vault: Vault) -> LedgerRecorder:
    return recorder_of(ledger, vault)


def recorder_of(ledger: InMemoryErasureLedger, vault: Vault) -> LedgerRecorder:
    return LedgerRecorder(
        ledger=ledger,
        hashes=LedgerHashes(vault),
        marks=MARKS,
        customers=LedgerCustomers(),
        backup_life=timedelta(days=35),
    )


def standing(database: Database, ledger: InMemoryErasureLedger) -> LedgerStanding:
    return database.read_now(lambda c: find_standing(c, ledger, MARKS))


def erase(database: Database, recorder: LedgerRecorder, *, fail: bool = False) -> None:
    """Record an erasure as a use case does: within a write of the main database."""

    def work(connection: Connection) -> None:
        recorder.record_erasure(
            connection, "0198", kind="everything", at=AT, external_id="ada", chain_head=b"head"
        )
        if fail:
            raise RuntimeError("the write fails after the ledger was written")

    database.write_now(work)


def test_an_erasure_is_recorded_by_keyed_hashes_until_no_backup_can_hold_it(
    database: Database, recorder: LedgerRecorder, ledger: InMemoryErasureLedger, vault: Vault
) -> None:
    erase(database, recorder)

    hashes = LedgerHashes(vault)
    assert [entry for _, entry in ledger.entries()] == [
        LedgerEntry(
            kind="everything",
            customer_hash=hashes.customer("0198"),
            at=AT,
            keep_until=AT + timedelta(days=35 + 90),
            subject_hash=hashes.subject("ada"),
            chain_head=b"head",
        )
    ]
    assert recorder.erased_since("ada") == AT
    assert recorder.erased_since("ben") is None


def test_a_partial_erasure_names_its_target_by_hash(
    database: Database, recorder: LedgerRecorder, ledger: InMemoryErasureLedger, vault: Vault
) -> None:
    database.write_now(
        lambda c: recorder.record_erasure(c, "0198", kind="category", at=AT, target_id="browsing")
    )

    ((_, entry),) = ledger.entries()
    hashes = LedgerHashes(vault)
    owner = hashes.owner("0198", None)
    assert entry.target_hash == owner.target(hashes, "category", "browsing")
    assert (entry.customer_hash, entry.subject_hash) == (hashes.customer("0198"), None)


def test_a_no_is_in_the_ledger_before_it_is_acknowledged(
    database: Database,
    vault: Vault,
    recorder: LedgerRecorder,
    ledger: InMemoryErasureLedger,
) -> None:
    parts = Parts.of(database, vault, lambda: AT)
    customer_id = parts.customer()
    parts.decide(customer_id, "personal_suggestions")
    assert list(ledger.entries()) == []

    parts.ledger = ConsentLedger(
        pack=parts.pack,
        consents=parts.consents,
        customers=parts.customers,
        on_no=recorder.record_no,
    )
    parts.decide(customer_id, "personal_suggestions", "withdrawn")

    hashes = LedgerHashes(vault)
    purpose = parts.pack.purposes.find_purpose("personal_suggestions")
    assert purpose is not None
    found = [entry for _, entry in ledger.entries()]
    subject = hashes.subject("amara.example")
    assert {entry.subject_hash for entry in found} == {subject}
    assert {entry.target_hash for entry in found} == {
        hashes.target(subject, "withdrawal", category) for category in purpose.categories
    }
    assert {(entry.kind, entry.purpose, entry.at) for entry in found} == {
        ("withdrawal", "personal_suggestions", AT)
    }
    assert standing(database, ledger).state is LedgerState.CURRENT


def test_a_no_that_the_ledger_cannot_keep_is_not_acknowledged(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = InMemoryErasureLedger()
    parts = Parts.of(database, vault, lambda: AT)
    customer_id = parts.customer()
    parts.decide(customer_id, "personal_suggestions")
    parts.ledger = ConsentLedger(
        pack=parts.pack,
        consents=parts.consents,
        customers=parts.customers,
        on_no=recorder_of(ledger, vault).record_no,
    )

    def full_disk(entries: object) -> None:
        del entries
        raise OSError("no space left on device")

    monkeypatch.setattr(ledger, "append", full_disk)
    with pytest.raises(OSError, match="no space"):
        parts.decide(customer_id, "personal_suggestions", "withdrawn")

    assert parts.state(customer_id).given("personal_suggestions")


def test_a_database_that_carried_everything_out_is_current(
    database: Database, recorder: LedgerRecorder, ledger: InMemoryErasureLedger
) -> None:
    assert standing(database, ledger) == LedgerStanding(LedgerState.CURRENT)

    erase(database, recorder)
    erase(database, recorder)

    assert standing(database, ledger) == LedgerStanding(LedgerState.CURRENT)


def test_an_entry_whose_write_failed_is_still_to_be_carried_out(
    database: Database, recorder: LedgerRecorder, ledger: InMemoryErasureLedger
) -> None:
    with pytest.raises(RuntimeError):
        erase(database, recorder, fail=True)
    erase(database, recorder)

    assert standing(database, ledger) == LedgerStanding(LedgerState.BEHIND, 1)


def test_a_database_from_before_an_entry_is_behind(
    database: Database, vault: Vault, ledger: InMemoryErasureLedger
) -> None:
    for _ in range(3):
        ledger.append([_entry()])

    assert standing(database, ledger) == LedgerStanding(LedgerState.BEHIND, 3)
    mark = ledger.reach().last
    database.write_now(lambda c: MARKS.mark_up_to(c, mark.seq, mark.entry_hash))
    assert standing(database, ledger) == LedgerStanding(LedgerState.CURRENT)
    erase(database, recorder_of(ledger, vault))
    assert standing(database, ledger) == LedgerStanding(LedgerState.CURRENT)


def test_a_ledger_that_was_cut_short_is_lost(
    database: Database, recorder: LedgerRecorder, ledger: InMemoryErasureLedger
) -> None:
    erase(database, recorder)
    erase(database, recorder)
    ledger.kept.pop()

    assert standing(database, ledger) == LedgerStanding(LedgerState.LOST, 1)


def test_a_new_ledger_in_place_of_the_old_is_lost(
    database: Database, vault: Vault, recorder: LedgerRecorder
) -> None:
    erase(database, recorder)
    other = InMemoryErasureLedger()
    assert standing(database, other).state is LedgerState.LOST

    other.append([_entry(), _entry()])
    assert standing(database, other).state is LedgerState.LOST


def test_two_ledgers_of_one_database_are_refused(
    database: Database, vault: Vault, recorder: LedgerRecorder
) -> None:
    erase(database, recorder)

    with pytest.raises(ConfigurationError, match="one ledger"):
        erase(database, recorder_of(InMemoryErasureLedger(), vault))


def test_entries_that_were_let_go_are_not_missed_once_marked(
    database: Database, recorder: LedgerRecorder, ledger: InMemoryErasureLedger
) -> None:
    erase(database, recorder)
    erase(database, recorder)
    ledger.purge(now=AT + timedelta(days=126))

    assert standing(database, ledger) == LedgerStanding(LedgerState.CURRENT)


def test_a_database_older_than_the_oldest_entry_is_too_old(
    database: Database, recorder: LedgerRecorder, ledger: InMemoryErasureLedger
) -> None:
    erase(database, recorder)
    ledger.append([_entry()])
    ledger.purge(now=AT + timedelta(days=126))

    assert standing(database, ledger) == LedgerStanding(LedgerState.TOO_OLD, 1)


def _entry() -> LedgerEntry:
    return LedgerEntry(
        kind="everything", customer_hash=b"c", at=AT, keep_until=AT + timedelta(days=125)
    )
