"""Decisions can be added and nothing else, whatever raw SQL says."""

import pytest
from sqlalchemy.exc import DBAPIError
from tests.consent_chains import audit, entry, run
from tests.fakes.clock import SteppableClock

from assistant.core.ids import CustomerId
from assistant.store.consents import ConsentRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.store.reseal import CustomerReseal
from assistant.vault.vault import Vault

COLUMNS = (
    "customer_id, seq, decision_id, purpose, version, category, decision, state, lang, at, "
    "text_sha256, channel, evidence_sealed, evidence_hash, previous_hash, entry_hash"
)


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


ATTACKS = {
    "an entry is deleted": "DELETE FROM consent_events WHERE seq = 3",
    "all entries are deleted": "DELETE FROM consent_events",
    "a decision is changed": "UPDATE consent_events SET decision = 'withdrawn' WHERE seq = 2",
    "a state is changed": "UPDATE consent_events SET state = 'renewed'",
    "evidence is removed": "UPDATE consent_events SET evidence_sealed = NULL",
    "evidence is replaced": "UPDATE consent_events SET evidence_sealed = evidence_hash",
    "an entry is moved": "UPDATE consent_events SET seq = 9 WHERE seq = 3",
    "an entry skips a number": (
        f"INSERT INTO consent_events ({COLUMNS}) SELECT customer_id, 9, decision_id, purpose, "
        "version, category, decision, state, lang, at, text_sha256, channel, evidence_sealed, "
        "evidence_hash, entry_hash, entry_hash FROM consent_events WHERE seq = 3"
    ),
    "an entry continues another": (
        f"INSERT INTO consent_events ({COLUMNS}) SELECT customer_id, 4, decision_id, purpose, "
        "version, category, decision, state, lang, at, text_sha256, channel, evidence_sealed, "
        "evidence_hash, previous_hash, entry_hash FROM consent_events WHERE seq = 3"
    ),
    "an entry holds no known decision": (
        f"INSERT INTO consent_events ({COLUMNS}) SELECT customer_id, 4, decision_id, purpose, "
        "version, category, 'refused', 'given', lang, at, text_sha256, channel, "
        "evidence_sealed, evidence_hash, entry_hash, entry_hash FROM consent_events WHERE seq = 3"
    ),
    "an existing entry is met": (
        f"INSERT INTO consent_events ({COLUMNS}) SELECT {COLUMNS} FROM consent_events "
        "WHERE seq = 3 ON CONFLICT (customer_id, seq) DO UPDATE SET decision = 'withdrawn'"
    ),
    "the head is taken away": "UPDATE customers SET consent_head = NULL",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_raw_sql_cannot_change_what_was_decided(
    database: Database, vault: Vault, chain: CustomerId, attack: str
) -> None:
    with pytest.raises(DBAPIError, match=r"append-only|known form|not taken away"):
        run(database, ATTACKS[attack])

    assert audit(database, vault) == []


REPLACEMENTS = {
    "INSERT OR REPLACE": (
        f"INSERT OR REPLACE INTO consent_events ({COLUMNS}) SELECT {COLUMNS} "
        "FROM consent_events WHERE seq = 2"
    ),
    "REPLACE": (
        f"REPLACE INTO consent_events ({COLUMNS}) SELECT {COLUMNS} FROM consent_events "
        "WHERE seq = 3"
    ),
    "INSERT OR IGNORE": (
        f"INSERT OR IGNORE INTO consent_events ({COLUMNS}) SELECT {COLUMNS} FROM consent_events"
    ),
    "UPDATE OR REPLACE": "UPDATE OR REPLACE consent_events SET seq = 1 WHERE seq = 2",
    "a rowid": "UPDATE consent_events SET rowid = 1",
    "text for a number": (
        f"INSERT INTO consent_events ({COLUMNS}) SELECT customer_id, 4, decision_id, purpose, "
        "'one', category, decision, state, lang, at, text_sha256, channel, evidence_sealed, "
        "evidence_hash, entry_hash, entry_hash FROM consent_events WHERE seq = 3"
    ),
}


@pytest.mark.parametrize("attack", REPLACEMENTS)
def test_sqlite_refuses_to_replace_an_entry_with_its_safeguards_switched_off(
    sqlite_database: Database,
    vault: Vault,
    consents: ConsentRepository,
    clock: SteppableClock,
    attack: str,
) -> None:
    database = sqlite_database
    customers = CustomerRepository(vault=vault)
    ada = database.write_now(lambda c: customers.create_visitor(c, at=clock())).customer_id
    for category in ("orders", "returns", "chat"):
        database.write_now(lambda c, of=category: consents.append(c, ada, [entry(clock, of)]))

    def work(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA recursive_triggers=OFF")
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        connection.exec_driver_sql(REPLACEMENTS[attack])

    with pytest.raises(DBAPIError, match=r"append-only|known form|no such column: rowid"):
        database.write_now(work)

    assert audit(database, vault) == []
    assert len(database.read_now(lambda c: consents.list_events(c, ada))) == 3


PUBLISH = (
    "INSERT INTO published_purposes (purpose, version, lang, text_sha256, text, definition, "
    "definition_sha256, published_at) VALUES ('learn_why', {version}, '{lang}', 'a', 'a', "
    "'{definition}', 'a', 0)"
)
TERMS = {
    "centuries": '{"retention_months": {"stated_reasons": 99999}}',
    "a little longer": '{"retention_months": {"orders": 12, "stated_reasons": 121}}',
    "less than nothing": '{"retention_months": {"stated_reasons": -1}}',
    "words": '{"retention_months": {"stated_reasons": "9"}}',
    "a list": '{"retention_months": {"stated_reasons": [9]}}',
}


@pytest.mark.parametrize("terms", TERMS)
def test_no_purpose_is_published_that_keeps_for_longer_than_a_pack_may_say(
    database: Database, terms: str
) -> None:
    publishing = PUBLISH.format(version=9, lang="en", definition=TERMS[terms])

    with pytest.raises(DBAPIError, match="more than 120 months"):
        run(database, publishing)


def test_a_version_means_the_same_in_each_language(database: Database) -> None:
    run(database, PUBLISH.format(version=9, lang="en", definition="{}"))
    run(database, PUBLISH.format(version=9, lang="de", definition="{}"))

    with pytest.raises(DBAPIError, match="never change"):
        run(database, PUBLISH.format(version=9, lang="fr", definition='{"other": 1}'))
    with pytest.raises(DBAPIError, match="published purposes"):
        run(database, PUBLISH.format(version=0, lang="en", definition="{}"))


def test_evidence_is_sealed_anew_when_the_customers_key_changes_and_the_chain_stays_whole(
    database: Database, vault: Vault, consents: ConsentRepository, chain: CustomerId
) -> None:
    reseal = CustomerReseal(vault=vault)
    number = vault.add_data_key(chain)
    database.write_now(lambda c: reseal.move_fence(c, chain))
    while database.write_now(lambda c: reseal.step(c, chain)):
        pass
    vault.destroy_data_keys(chain, below=number)

    assert database.read_now(lambda c: consents.find_evidence(c, chain, 2)) == {
        "form": "a signed one"
    }
    assert audit(database, vault) == []
    with pytest.raises(DBAPIError, match="append-only"):
        run(database, "UPDATE consent_events SET evidence_sealed = evidence_sealed WHERE seq = 2")
