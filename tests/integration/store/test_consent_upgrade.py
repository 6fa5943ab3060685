"""Decisions made before there was a chain are chained by the upgrade, and by it alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from tests.consent_chains import audit
from tests.databases import PostgresTemplate
from tests.fakes.clock import SteppableClock

from assistant.core.clock import to_epoch_ms
from assistant.store import schema
from assistant.store.consents import ConsentRepository
from assistant.store.engine import Connection, Database
from assistant.store.upgrading import upgrade_with
from assistant.vault.vault import Vault


@pytest.fixture
def consents(vault: Vault) -> ConsentRepository:
    return ConsentRepository(vault=vault)


@pytest.fixture(params=["sqlite", "postgresql"])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database in the form of the first version."""
    if request.param == "sqlite":
        url, drop = f"sqlite:///{tmp_path / 'old.db'}", None
    else:
        template: PostgresTemplate = request.getfixturevalue("postgres_template")
        name = template.create_empty()
        url, drop = template.url(name), lambda: template.drop(name)
    database = Database.open(url, pool_size=1)
    database.write_now(_build_first_version)
    yield database
    database.close_now()
    if drop:
        drop()


def _build_first_version(connection: Connection) -> None:
    config = schema._config()
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


ADD_OLD_CUSTOMER = (
    "INSERT INTO customers (customer_id, kind, created_at, consent_epoch) "
    "VALUES (:customer, 'visitor', 0, 0)"
)
ADD_OLD_EVENT = (
    "INSERT INTO consent_events (customer_id, seq, purpose, version, category, decision, at, "
    "text_sha256, channel, evidence_sealed) VALUES (:customer, :seq, 'learn_why', 1, :category, "
    ":decision, :at, NULL, 'import', :sealed)"
)


@pytest.fixture
def old_rows(old_database: Database, vault: Vault, clock: SteppableClock) -> Callable[[], None]:
    """Decisions as the first version kept them: a yes to two, the same again, a no."""
    rows = [("orders", "given", 0), ("returns", "given", 0), ("orders", "given", 1),
            ("returns", "withdrawn", 2)]  # fmt: skip

    def add(connection: Connection) -> None:
        for customer in ("customer-1", "customer-2"):
            vault.create_key(customer)
            connection.execute(text(ADD_OLD_CUSTOMER), {"customer": customer})
            for seq, (category, decision, minutes) in enumerate(rows, 1):
                connection.execute(
                    text(ADD_OLD_EVENT),
                    {
                        "customer": customer,
                        "seq": seq,
                        "category": category,
                        "decision": decision,
                        "at": to_epoch_ms(clock()) + minutes * 60_000,
                        "sealed": vault.seal(
                            customer, "consent_events", str(seq), b'{"was":"there"}'
                        ),
                    },
                )

    return lambda: old_database.write_now(add)


def test_decisions_made_before_the_chain_are_chained_by_the_upgrade(
    old_database: Database,
    vault: Vault,
    consents: ConsentRepository,
    old_rows: Callable[[], None],
) -> None:
    old_rows()

    old_database.write_now(lambda c: upgrade_with(c, vault))

    assert audit(old_database, vault) == []
    events = old_database.read_now(lambda c: consents.list_events(c, "customer-2"))
    assert [event.status for event in events] == ["given", "given", "renewed", "withdrawn"]
    first, second, third, _ = events
    assert first.decision_id == second.decision_id != third.decision_id
    evidence = old_database.read_now(lambda c: consents.find_evidence(c, "customer-1", 4))
    assert evidence == {"was": "there"}


def test_only_the_upgrade_itself_makes_heads(
    old_database: Database, vault: Vault, old_rows: Callable[[], None]
) -> None:
    """A head that is missing at any later time is a finding, not something to mend."""
    old_rows()
    old_database.write_now(schema.upgrade)

    old_database.write_now(lambda c: upgrade_with(c, vault))

    found = audit(old_database, vault)
    assert [broken.customer_id for broken in found] == ["customer-1", "customer-2"]
