"""Rows from before data keys had numbers stay, open, and are fenced like new ones."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from alembic import command
from sqlalchemy import text
from tests.databases import PostgresTemplate

from assistant.core.errors import StaleDataKey
from assistant.store import schema
from assistant.store.conversations import ConversationRepository
from assistant.store.engine import Connection, Database
from assistant.store.reseal import CustomerReseal
from assistant.vault.vault import Vault

OLD_ROWS = (
    "INSERT INTO customers (customer_id, kind, created_at, consent_epoch) "
    "VALUES ('ada', 'visitor', 0, 0)",
    "INSERT INTO conversations (customer_id, conversation_id, created_at, last_turn_at, turns) "
    "VALUES ('ada', 'c1', 0, 0, 1)",
    "INSERT INTO turns (customer_id, turn_key, conversation_id, seq, turn_hash, "
    "utterance_sealed, reply_sealed, state, created_at, replied_at) "
    "VALUES ('ada', 'k1', 'c1', 1, :hash, :utterance, :reply, 'answered', 0, 0)",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database in the form of the first version."""
    if request.param == "sqlite":
        database = Database.open(f"sqlite:///{tmp_path / 'old.db'}", pool_size=1)
        database.write_now(_build_first_version)
        yield database
        database.close_now()
        return
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    name = template.create_empty()
    database = Database.open(template.url(name), pool_size=1)
    database.write_now(_build_first_version)
    yield database
    database.close_now()
    template.drop(name)


def _build_first_version(connection: Connection) -> None:
    config = schema._config()
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


def _values(vault: Vault) -> dict[str, bytes]:
    said = orjson.dumps({"turn_id": "t1", "text": "where is my kettle", "lang": "en"})
    return {
        "hash": vault.keyed_hash("ada", "turn", b"t1"),
        "utterance": vault.seal("ada", "turns", "k1/utterance", said),
        "reply": vault.seal("ada", "turns", "k1/reply", b"on its way"),
    }


def test_old_rows_open_are_fenced_and_can_be_sealed_anew(
    old_database: Database, vault: Vault
) -> None:
    vault.create_key("ada")
    values = _values(vault)
    for statement in OLD_ROWS:
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        old_database.write_now(lambda c, s=statement, v=used: c.execute(text(s), v))

    old_database.migrate()

    turns = ConversationRepository(vault=vault)
    query = text("SELECT sealing FROM customers")
    assert bytes(old_database.read_now(lambda c: c.execute(query).scalar_one())) == b"\x01"
    found = old_database.read_now(lambda c: turns.find_turn(c, "ada", "t1"))
    assert found is not None
    assert (found.text, found.reply) == ("where is my kettle", b"on its way")

    number = vault.add_data_key("ada")
    reseal = CustomerReseal(vault=vault)
    old_database.write_now(lambda c: reseal.move_fence(c, "ada"))
    while old_database.write_now(lambda c: reseal.step(c, "ada")):
        pass
    vault.destroy_data_keys("ada", below=number)
    assert old_database.read_now(lambda c: turns.find_turn(c, "ada", "t1")) == found
    back = text("UPDATE turns SET reply_sealed = :reply")
    with pytest.raises(StaleDataKey):
        old_database.write_now(lambda c: c.execute(back, {"reply": values["reply"]}))
