"""Whatever happens to decisions beside adding to them is found."""

import sqlite3
from pathlib import Path

import pytest
from tests.consent_chains import audit, entry, run, tamper
from tests.fakes.clock import SteppableClock

from assistant.core.errors import SealBroken
from assistant.core.ids import CustomerId
from assistant.store import consent_audit
from assistant.store.consent_audit import ChainAudit
from assistant.store.consents import ConsentRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.vault.vault import Vault


@pytest.fixture
def consents(vault: Vault) -> ConsentRepository:
    return ConsentRepository(vault=vault)


@pytest.fixture
def chain(
    database: Database, consents: ConsentRepository, ada: CustomerId, clock: SteppableClock
) -> CustomerId:
    """A customer with three decisions."""
    for category in ("orders", "returns", "chat"):
        database.write_now(lambda c, of=category: consents.append(c, ada, [entry(clock, of)]))
    return ada


def test_a_chain_that_was_only_added_to_is_whole(
    database: Database,
    vault: Vault,
    consents: ConsentRepository,
    chain: CustomerId,
    ben: CustomerId,
    clock: SteppableClock,
) -> None:
    both = [entry(clock, "orders", "refused"), entry(clock, "returns", "refused")]
    database.write_now(lambda c: consents.append(c, ben, both))
    counted = ChainAudit(vault)

    assert list(counted.find_broken(database.read_now)) == []
    assert (counted.customers, counted.entries) == (2, 5)
    first, second = database.read_now(lambda c: consents.list_events(c, ben))
    assert second.previous_hash == first.entry_hash
    assert second.decision_id == first.decision_id


def test_a_chain_longer_than_a_page_is_read_whole(
    database: Database, vault: Vault, chain: CustomerId, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = consent_audit._AFTER.limit(None).limit(2)
    monkeypatch.setattr(consent_audit, "_AFTER", short)
    counted = ChainAudit(vault)

    assert list(counted.find_broken(database.read_now)) == []
    assert counted.entries == 3


TAMPERINGS = {
    "a changed decision": (
        2,
        "content",
        "UPDATE consent_events SET decision = 'withdrawn' WHERE seq = 2",
    ),
    "a changed time": (3, "content", "UPDATE consent_events SET at = at + 1 WHERE seq = 3"),
    "a changed language": (1, "content", "UPDATE consent_events SET lang = 'de' WHERE seq = 1"),
    "missing evidence": (
        3,
        "evidence",
        "UPDATE consent_events SET evidence_sealed = NULL WHERE seq = 3",
    ),
    "a missing middle": (3, "missing", "DELETE FROM consent_events WHERE seq = 2"),
    "a missing beginning": (2, "missing", "DELETE FROM consent_events WHERE seq = 1"),
    "a cut tail": (2, "head", "DELETE FROM consent_events WHERE seq = 3"),
    "a missing whole": (0, "every entry", "DELETE FROM consent_events"),
    "a missing head": (3, "head", "UPDATE customers SET consent_head = NULL"),
    "a foreign head": (3, "head", "UPDATE customers SET consent_head = :head"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_audit_names_the_customer_and_entry_that_break(
    database: Database, vault: Vault, chain: CustomerId, ben: CustomerId, name: str
) -> None:
    seq, word, statement = TAMPERINGS[name]
    tamper(database, statement, **({"head": b"h" * 32} if ":head" in statement else {}))

    found = audit(database, vault)

    ours = [broken for broken in found if broken.customer_id == chain]
    assert [broken.seq for broken in ours] == [seq]
    assert word in ours[0].problem


def test_a_cut_tail_stays_found_when_the_chain_goes_on(
    database: Database,
    vault: Vault,
    consents: ConsentRepository,
    chain: CustomerId,
    clock: SteppableClock,
) -> None:
    tamper(database, "DELETE FROM consent_events WHERE seq = 3")

    database.write_now(lambda c: consents.append(c, chain, [entry(clock, "calls")]))

    assert [broken.customer_id for broken in audit(database, vault)] == [chain]


def test_a_chain_computed_anew_without_the_key_is_found(
    database: Database,
    vault: Vault,
    consents: ConsentRepository,
    chain: CustomerId,
    clock: SteppableClock,
) -> None:
    """Whoever can write rows can make hashes that fit; the head tells them apart."""
    head = database.read_now(lambda c: consents.find_head(c, chain))
    tamper(database, "DELETE FROM consent_events")
    rewritten = [entry(clock, name, "given") for name in ("calls", "orders", "browsing")]
    database.write_now(lambda c: consents.append(c, chain, rewritten))

    tamper_head = "UPDATE customers SET consent_head = :head WHERE customer_id = :customer"
    run(database, tamper_head, head=head, customer=chain)

    assert [(one.customer_id, one.seq) for one in audit(database, vault)] == [(chain, 3)]


def test_a_chain_without_its_customer_is_found(
    sqlite_database: Database, vault: Vault, consents: ConsentRepository, clock: SteppableClock
) -> None:
    customers = CustomerRepository(vault=vault)
    ada = sqlite_database.write_now(lambda c: customers.create_visitor(c, at=clock())).customer_id
    sqlite_database.write_now(lambda c: consents.append(c, ada, [entry(clock, "orders")]))
    path = sqlite_database._engines[0].url.database
    assert path is not None
    _delete_customers(Path(path))

    (found,) = audit(sqlite_database, vault)

    assert (found.customer_id, found.problem) == (ada, "the customer of this chain is missing")


def _delete_customers(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER customers_refuse_delete")
    connection.execute("DELETE FROM customers")
    connection.commit()
    connection.close()


def test_replaced_evidence_does_not_pass_for_the_one_that_was_chained(
    database: Database, vault: Vault, consents: ConsentRepository, chain: CustomerId
) -> None:
    other = vault.seal(chain, "consent_events", "2", b'{"form":"none"}')
    tamper(
        database, "UPDATE consent_events SET evidence_sealed = :other WHERE seq = 2", other=other
    )

    with pytest.raises(SealBroken):
        database.read_now(lambda c: consents.find_evidence(c, chain, 2))
    assert database.read_now(lambda c: consents.find_evidence(c, chain, 1)) == {
        "form": "a signed one"
    }
