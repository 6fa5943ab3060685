"""What every ``vault.key_store.KeyStore`` keeps to: the fake, and SQL on both databases."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.databases import PostgresTemplate
from tests.fakes.key_store import InMemoryKeyStore

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.core.errors import ConfigurationError
from assistant.store.engine import Database
from assistant.store.key_tables import KEY_SCHEMA
from assistant.vault.key_store import KeyStore, WrappedKey

ONE = WrappedKey(1, b"one")
TWO = WrappedKey(1, b"two")


@pytest.fixture
def postgres_keys(postgres_template: PostgresTemplate) -> Iterator[SqlKeyStore]:
    name = postgres_template.create_empty()
    store = SqlKeyStore.open(postgres_template.url(name))
    yield store
    store.close()
    postgres_template.drop(name)


@pytest.fixture
def sqlite_keys(tmp_path: Path) -> Iterator[SqlKeyStore]:
    store = SqlKeyStore.open(f"sqlite:///{tmp_path / 'keys' / 'keys.db'}")
    yield store
    store.close()


@pytest.fixture
def in_memory_keys() -> InMemoryKeyStore:
    return InMemoryKeyStore()


@pytest.fixture(params=["in_memory_keys", "sqlite_keys", "postgres_keys"])
def keys(request: pytest.FixtureRequest) -> KeyStore:
    store: KeyStore = request.getfixturevalue(request.param)
    return store


def test_an_unknown_customer_has_no_key(keys: KeyStore) -> None:
    assert keys.find_key("ada") is None


def test_a_kept_key_is_found(keys: KeyStore) -> None:
    assert keys.add_keys({"ada": ONE, "ben": TWO}) == {"ada": ONE, "ben": TWO}
    assert keys.find_key("ada") == ONE
    assert keys.find_key("ben") == TWO


def test_the_first_key_of_a_customer_stays(keys: KeyStore) -> None:
    keys.add_keys({"ada": ONE})

    assert keys.add_keys({"ada": TWO, "ben": TWO}) == {"ada": ONE, "ben": TWO}
    assert keys.find_key("ada") == ONE


def test_adding_no_keys_is_no_error(keys: KeyStore) -> None:
    assert keys.add_keys({}) == {}


def test_more_keys_than_one_statement_takes_are_kept(keys: KeyStore) -> None:
    many = {f"customer-{n}": WrappedKey(1, b"%d" % n) for n in range(1200)}

    assert keys.add_keys(many) == many


def test_racing_additions_agree_on_one_key(keys: KeyStore) -> None:
    kept: list[WrappedKey] = []

    def add(number: int) -> None:
        kept.append(keys.add_keys({"ada": WrappedKey(1, b"%d" % number)})["ada"])

    threads = [threading.Thread(target=add, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(kept) == {keys.find_key("ada")}


def test_destroyed_keys_are_gone_and_others_stay(keys: KeyStore) -> None:
    keys.add_keys({"ada": ONE, "ben": TWO})

    keys.destroy_keys(["ada", "unknown"])

    assert keys.find_key("ada") is None
    assert keys.find_key("ben") == TWO


def test_service_keys_are_kept_by_name_and_the_first_stays(keys: KeyStore) -> None:
    assert keys.find_service_key("external-ids") is None
    assert keys.add_service_key("external-ids", ONE) == ONE
    assert keys.add_service_key("external-ids", TWO) == ONE
    assert keys.find_service_key("external-ids") == ONE


def test_an_empty_key_database_has_no_epoch(keys: KeyStore) -> None:
    assert keys.latest_epoch() is None
    assert keys.find_check(1) is None


def test_epochs_are_kept_with_their_first_check_value(keys: KeyStore) -> None:
    keys.add_epoch(1, b"check")
    keys.add_epoch(1, b"other")

    assert keys.latest_epoch() == 1
    assert keys.find_check(1) == b"check"


def test_rewrapping_moves_every_key_to_the_new_epoch(keys: KeyStore) -> None:
    keys.add_epoch(1, b"check 1")
    keys.add_keys({"ada": ONE, "ben": TWO})
    keys.add_service_key("external-ids", ONE)

    count = keys.rewrap(old=1, new=2, check=b"check 2", convert=lambda wrapped: wrapped + b"!")

    assert count == 2
    assert keys.find_key("ada") == WrappedKey(2, b"one!")
    assert keys.find_key("ben") == WrappedKey(2, b"two!")
    assert keys.find_service_key("external-ids") == WrappedKey(2, b"one!")
    assert (keys.latest_epoch(), keys.find_check(2), keys.find_check(1)) == (2, b"check 2", None)


def test_a_failing_rewrap_changes_nothing(keys: KeyStore) -> None:
    keys.add_epoch(1, b"check 1")
    keys.add_keys({"ada": ONE, "ben": TWO})
    keys.add_service_key("external-ids", ONE)

    def convert(wrapped: bytes) -> bytes:
        if wrapped == b"two":
            raise ValueError(wrapped)
        return wrapped + b"!"

    with pytest.raises(ValueError, match="two"):
        keys.rewrap(old=1, new=2, check=b"check 2", convert=convert)

    assert keys.find_key("ada") == ONE
    assert keys.find_service_key("external-ids") == ONE
    assert keys.latest_epoch() == 1


def test_the_key_database_outlives_its_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    first = SqlKeyStore.open(url)
    first.add_keys({"ada": ONE})
    first.close()

    second = SqlKeyStore.open(url)
    assert second.find_key("ada") == ONE
    second.close()


def test_a_key_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    SqlKeyStore.open(url).close()
    database = Database.open(url, pool_size=1)
    database.write_now(lambda connection: connection.execute(KEY_SCHEMA.update(), {"version": 9}))
    database.close_now()

    with pytest.raises(ConfigurationError, match="version 9"):
        SqlKeyStore.open(url)
