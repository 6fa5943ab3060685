"""The key database of an earlier version is brought up to date, and keeps what it had."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from sqlalchemy import inspect, text
from tests.databases import PostgresTemplate
from tests.first_version import add_key_tables

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.core.errors import ConfigurationError
from assistant.store.engine import Connection, Database
from assistant.store.key_tables import KEY_METADATA, KEY_SCHEMA
from assistant.vault.customer_keys import hashing_subkey, labelled_hash
from assistant.vault.envelope import Place, seal
from assistant.vault.key_files import new_key, ring_of
from assistant.vault.vault import Vault
from assistant.vault.wrapping import check_value

KEY = new_key()
DATA_KEY = bytes(range(32))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty place for a key database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'keys.db'}"
        return
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    name = template.create_empty()
    yield template.url(name)
    template.drop(name)


@pytest.fixture
def written_before(url: str) -> str:
    """A key database of version 1 with a few customers and a service key."""

    def write(connection: Connection) -> None:
        add_key_tables(connection)
        check = {"check": check_value(KEY)}
        connection.execute(text("INSERT INTO key_epochs VALUES (1, 0, :check)"), check)
        wrapped = aes_key_wrap(KEY.secret, DATA_KEY)
        for name in ("ada", "ben"):
            connection.execute(
                text("INSERT INTO wrapped_keys VALUES (:name, 1, :wrapped, 7)"),
                {"name": name, "wrapped": wrapped},
            )
        connection.execute(
            text("INSERT INTO service_keys VALUES ('external-ids', 1, :wrapped)"),
            {"wrapped": wrapped},
        )

    database = Database.open(url, pool_size=1)
    database.write_now(write)
    database.close_now()
    return url


def test_customers_of_version_1_keep_their_keys_and_their_content_opens(
    written_before: str,
) -> None:
    sealed = seal(DATA_KEY, b"a kettle", place=Place("ada", "events", "e1"))

    for _ in range(2):  # the second start finds nothing to do
        store = SqlKeyStore.open(written_before)
        vault = Vault.unlock(store, ring_of(KEY))
        assert vault.open("ada", "events", "e1", sealed) == b"a kettle"
        assert vault.data_key_numbers("ada") == vault.data_key_numbers("ben") == (1,)
        assert vault.service_key("external-ids") == DATA_KEY
        store.close()


def test_hashes_of_customers_of_version_1_stay_when_their_data_key_changes(
    written_before: str,
) -> None:
    store = SqlKeyStore.open(written_before)
    vault = Vault.unlock(store, ring_of(KEY))
    before = labelled_hash(hashing_subkey(DATA_KEY), "turn", b"t1")
    assert vault.keyed_hash("ada", "turn", b"t1") == before
    assert vault.sealed_hash("ada", "turn", b"t1", 1) == before

    assert vault.add_data_key("ada") == 2
    vault.destroy_data_keys("ada", below=2)

    assert vault.keyed_hash("ada", "turn", b"t1") == before
    assert vault.sealed_hash("ada", "turn", b"t1") != before
    assert vault.data_key_numbers("ada") == (2,)
    store.close()


def test_an_upgraded_key_database_has_the_form_of_a_new_one(written_before: str) -> None:
    SqlKeyStore.open(written_before).close()
    database = Database.open(written_before, pool_size=1)

    def columns(connection: Connection) -> dict[str, set[tuple[str, bool]]]:
        look = inspect(connection)
        return {
            name: {(column["name"], column["nullable"]) for column in look.get_columns(name)}
            for name in look.get_table_names()
        }

    found = database.read_now(columns)
    keys = database.read_now(lambda c: inspect(c).get_pk_constraint("wrapped_keys"))
    database.close_now()
    assert found == {
        table.name: {(column.name, bool(column.nullable)) for column in table.columns}
        for table in KEY_METADATA.sorted_tables
    }
    assert keys["constrained_columns"] == ["customer_id", "number"]


def test_a_wrapped_key_of_version_1_is_in_no_file_twice(tmp_path: Path) -> None:
    """The upgrade moves rows to another table; the old pages are overwritten."""
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    database = Database.open(url, pool_size=1)
    wrapped = aes_key_wrap(KEY.secret, DATA_KEY)
    database.write_now(add_key_tables)
    database.write_now(
        lambda c: c.execute(text("INSERT INTO wrapped_keys VALUES ('a', 1, :w, 0)"), {"w": wrapped})
    )
    database.close_now()

    store = SqlKeyStore.open(url)
    store.destroy_keys(["a"])
    assert store.checkpoint()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.close()

    assert wrapped not in content


def test_the_key_database_outlives_its_process(url: str) -> None:
    first = SqlKeyStore.open(url)
    Vault.unlock(first, ring_of(KEY)).create_key("ada")
    kept = first.find_keys("ada")
    first.close()

    second = SqlKeyStore.open(url)
    assert second.find_keys("ada") == kept
    assert kept.keys() == {0, 1}
    second.close()


def test_a_key_database_of_a_later_version_is_refused(url: str) -> None:
    SqlKeyStore.open(url).close()
    database = Database.open(url, pool_size=1)
    database.write_now(lambda connection: connection.execute(KEY_SCHEMA.update(), {"version": 9}))
    database.close_now()

    with pytest.raises(ConfigurationError, match="version 9"):
        SqlKeyStore.open(url)
