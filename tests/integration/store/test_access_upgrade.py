"""Readings and uses from before the log named the reader survive the upgrade."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from tests.databases import PostgresTemplate

from assistant.core.actor import Role
from assistant.core.ids import new_id
from assistant.store import schema
from assistant.store.access_log import AccessLogRepository
from assistant.store.engine import Connection, Database
from assistant.store.uses import UseRepository

CUSTOMER = new_id()
OLD_ROWS = (
    "INSERT INTO customers (customer_id, kind, created_at, consent_epoch) "
    "VALUES (:customer, 'customer', 0, 0)",
    "INSERT INTO access_log (customer_id, entry_id, at, role, purpose, categories, items, "
    "item_ids, turn_key) VALUES (:customer, :id, 1000, 'assistant', 'answer_from_history', "
    "'orders returns', 4, 'e1 e2', NULL)",
    "INSERT INTO uses (customer_id, use_id, turn_key, item_kind, item_id, category, purpose, at) "
    "VALUES (:customer, :id, NULL, 'event', 'e1', 'orders', 'answer_from_history', 1000)",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database in the form of the first version, with a reading and a use."""
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
    for statement in OLD_ROWS:
        connection.execute(text(statement), {"customer": CUSTOMER, "id": new_id()})


def test_old_readings_and_uses_are_the_assistants_for_an_answer(old_database: Database) -> None:
    old_database.migrate()

    (access,) = old_database.read_now(lambda c: AccessLogRepository().list_accesses(c, CUSTOMER))
    (use,) = old_database.read_now(lambda c: UseRepository().list_uses(c, CUSTOMER))
    assert (access.role, access.actor, access.reading) == (Role.ASSISTANT, "assistant", "answer")
    assert (access.items, access.item_ids) == (4, ("e1", "e2"))
    assert (use.item_id, use.used_in) == ("e1", "answer")
