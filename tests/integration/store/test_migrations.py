"""Migrations build what the tables say, once, whoever starts first, on both databases."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.databases import PostgresTemplate

from assistant.store.consents import ConsentEntry, ConsentRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.store.tables import METADATA
from assistant.vault.vault import Vault


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    name = template.create_empty()
    yield template.url(name)
    template.drop(name)


def test_an_empty_database_is_pending_until_it_is_migrated(empty_url: str) -> None:
    database = Database.open(empty_url)

    assert database.pending_migrations()
    database.migrate()
    assert not database.pending_migrations()
    database.migrate()
    database.close_now()


def test_the_migrations_build_exactly_the_tables(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))

    assert database.read_now(differences) == []


def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    databases = [Database.open(empty_url, pool_size=1) for _ in range(4)]
    errors: list[BaseException] = []

    def migrate(database: Database) -> None:
        try:
            database.migrate()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=migrate, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert not databases[0].pending_migrations()
    for database in databases:
        database.close_now()


def test_a_failing_migration_leaves_no_half_of_it(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alembic.op.create_index", lambda *_: 1 / 0)
    database = Database.open(empty_url)

    with pytest.raises(ZeroDivisionError):
        database.migrate()

    monkeypatch.undo()
    database.migrate()
    assert not database.pending_migrations()
    database.close_now()


def test_the_migrations_are_part_of_the_package() -> None:
    folder = resources.files("assistant.store") / "migrations"

    assert (folder / "env.py").is_file()
    assert (folder / "versions" / "0001_first_tables.py").is_file()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_events SET decision = 'given'",
        "UPDATE consent_events SET evidence_sealed = NULL",
        "DELETE FROM consent_events",
    ],
)
def test_raw_sql_cannot_change_a_consent_event(
    database: Database, vault: Vault, change: str
) -> None:
    _refuse_a_purpose(database, vault)

    with pytest.raises(DBAPIError, match="append-only"):
        database.write_now(lambda connection: connection.execute(text(change)))


def test_postgresql_refuses_to_truncate_consent_events(postgresql_url: str) -> None:
    database = Database.open(postgresql_url, pool_size=1)

    with pytest.raises(DBAPIError, match="append-only"):
        database.write_now(lambda connection: connection.execute(text("TRUNCATE consent_events")))

    database.close_now()


def _refuse_a_purpose(database: Database, vault: Vault) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    entry = ConsentEntry("learn_why", 1, "orders", "refused", at, None, "web", {"ip": "none"})

    def work(connection: Connection) -> None:
        customers = CustomerRepository(vault=vault)
        customer = customers.get_or_create_customer(connection, "ada@mail.example", at=at)
        ConsentRepository(vault=vault).append(connection, customer.customer_id, [entry])

    database.write_now(work)
