"""What every ``vault.key_store.KeyStore`` keeps to: the fake, and SQL on both databases."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.databases import PostgresTemplate
from tests.fakes.key_store import InMemoryKeyStore

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.vault.key_store import EpochGone, KeyStore, WrappedKey

HASH = WrappedKey(1, b"hashing")
ONE = WrappedKey(1, b"one")
TWO = WrappedKey(1, b"two")
FIRST = {0: HASH, 1: ONE}


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
def empty_keys(request: pytest.FixtureRequest) -> KeyStore:
    store: KeyStore = request.getfixturevalue(request.param)
    return store


@pytest.fixture
def keys(empty_keys: KeyStore) -> KeyStore:
    """A key store that knows epoch 1."""
    empty_keys.add_epoch(1, b"check 1")
    return empty_keys


def test_an_unknown_customer_has_no_key(keys: KeyStore) -> None:
    assert keys.find_keys("ada") == {}


def test_kept_keys_are_found(keys: KeyStore) -> None:
    keys.add_keys({"ada": FIRST, "ben": {0: HASH, 1: TWO}})

    assert keys.find_keys("ada") == FIRST
    assert keys.find_keys("ben") == {0: HASH, 1: TWO}


def test_the_first_keys_of_a_customer_stay(keys: KeyStore) -> None:
    keys.add_keys({"ada": FIRST})

    keys.add_keys({"ada": {0: TWO, 1: TWO}, "ben": {0: HASH, 1: TWO}})

    assert keys.find_keys("ada") == FIRST
    assert keys.find_keys("ben") == {0: HASH, 1: TWO}


def test_a_customer_whose_first_key_is_gone_gets_no_other(keys: KeyStore) -> None:
    keys.add_keys({"ada": FIRST})
    keys.add_data_key("ada", TWO, hashing=HASH)
    keys.destroy_data_keys("ada", below=2)

    keys.add_keys({"ada": FIRST})

    assert keys.find_keys("ada") == {0: HASH, 2: TWO}


def test_adding_no_keys_is_no_error(keys: KeyStore) -> None:
    keys.add_keys({})


def test_more_keys_than_one_statement_takes_are_kept(keys: KeyStore) -> None:
    many = {f"customer-{n}": {0: HASH, 1: WrappedKey(1, b"%d" % n)} for n in range(1200)}

    keys.add_keys(many)

    assert {name: keys.find_keys(name) for name in list(many)[::97]} == {
        name: many[name] for name in list(many)[::97]
    }
    assert keys.find_keys("customer-1199") == many["customer-1199"]


def test_racing_additions_agree_on_one_key(keys: KeyStore) -> None:
    def add(number: int) -> None:
        keys.add_keys({"ada": {1: WrappedKey(1, b"%d" % number)}})

    _all_at_once(add)

    assert keys.find_keys("ada").keys() == {1}


def test_a_data_key_gets_the_next_number(keys: KeyStore) -> None:
    keys.add_keys({"ada": FIRST})

    assert keys.add_data_key("ada", TWO, hashing=TWO) == 2
    assert keys.add_data_key("ada", ONE, hashing=TWO) == 3
    assert keys.find_keys("ada") == {0: HASH, 1: ONE, 2: TWO, 3: ONE}


def test_a_customer_without_a_hashing_key_gets_one_with_the_next_data_key(keys: KeyStore) -> None:
    keys.add_keys({"ada": {1: ONE}})

    assert keys.add_data_key("ada", TWO, hashing=HASH) == 2
    assert keys.find_keys("ada") == {0: HASH, 1: ONE, 2: TWO}


def test_racing_data_keys_get_numbers_of_their_own(keys: KeyStore) -> None:
    keys.add_keys({"ada": FIRST})
    given: list[int | None] = []

    _all_at_once(lambda _: given.append(keys.add_data_key("ada", TWO, hashing=HASH)))

    assert sorted(number or 0 for number in given) == list(range(2, 10))


def test_a_customer_without_keys_gets_no_data_key(keys: KeyStore) -> None:
    assert keys.add_data_key("ada", ONE, hashing=HASH) is None
    assert keys.find_keys("ada") == {}


def test_destroyed_keys_are_gone_and_others_stay(keys: KeyStore) -> None:
    keys.add_keys({"ada": FIRST, "ben": FIRST})
    keys.add_data_key("ada", TWO, hashing=HASH)

    keys.destroy_keys(["ada", "unknown"])

    assert keys.find_keys("ada") == {}
    assert keys.find_keys("ben") == FIRST
    assert keys.destroyed_keys(1) == 3


def test_earlier_data_keys_are_destroyed_and_the_rest_stays(keys: KeyStore) -> None:
    keys.add_keys({"ada": FIRST, "ben": FIRST})
    for _ in range(3):
        keys.add_data_key("ada", TWO, hashing=HASH)

    keys.destroy_data_keys("ada", below=3)

    assert keys.find_keys("ada").keys() == {0, 3, 4}
    assert keys.find_keys("ben") == FIRST
    assert keys.destroyed_keys(1) == 2


def test_the_last_data_key_is_never_destroyed_alone(keys: KeyStore) -> None:
    keys.add_keys({"ada": FIRST})
    keys.add_data_key("ada", TWO, hashing=HASH)

    keys.destroy_data_keys("ada", below=9)
    keys.destroy_data_keys("unknown", below=9)

    assert keys.find_keys("ada") == {0: HASH, 2: TWO}


def test_service_keys_are_kept_by_name_and_the_first_stays(keys: KeyStore) -> None:
    assert keys.find_service_key("external-ids") is None
    assert keys.add_service_key("external-ids", ONE) == ONE
    assert keys.add_service_key("external-ids", TWO) == ONE
    assert keys.find_service_key("external-ids") == ONE


def test_an_empty_key_database_has_no_epoch(empty_keys: KeyStore) -> None:
    assert empty_keys.latest_epoch() is None
    assert empty_keys.find_check(1) is None
    assert empty_keys.destroyed_keys(1) == 0
    assert not empty_keys.is_alone(1)


def test_epochs_are_kept_with_their_first_check_value(keys: KeyStore) -> None:
    keys.add_epoch(1, b"other")

    assert keys.latest_epoch() == 1
    assert keys.find_check(1) == b"check 1"


def test_an_epoch_is_alone_once_it_was_marked(keys: KeyStore) -> None:
    assert not keys.is_alone(1)

    keys.mark_alone(1)

    assert keys.is_alone(1)


@pytest.mark.parametrize("epoch", [0, 2])
def test_a_key_of_an_epoch_that_is_not_there_is_refused(keys: KeyStore, epoch: int) -> None:
    keys.add_keys({"ada": FIRST})
    other = WrappedKey(epoch, b"other")

    with pytest.raises(EpochGone):
        keys.add_keys({"ben": {0: ONE, 1: other}})
    with pytest.raises(EpochGone):
        keys.add_data_key("ada", other, hashing=HASH)
    with pytest.raises(EpochGone):
        keys.add_service_key("external-ids", other)

    assert keys.find_keys("ben") == {}
    assert keys.find_keys("ada") == FIRST
    assert keys.find_service_key("external-ids") is None


def test_rewrapping_moves_every_key_to_the_new_epoch(keys: KeyStore) -> None:
    keys.add_keys({"ada": FIRST, "ben": {1: TWO}})
    keys.add_service_key("external-ids", ONE)

    count = keys.rewrap(old=1, new=2, check=b"check 2", convert=lambda wrapped: wrapped + b"!")

    assert count == 3
    assert keys.find_keys("ada") == {0: WrappedKey(2, b"hashing!"), 1: WrappedKey(2, b"one!")}
    assert keys.find_keys("ben") == {1: WrappedKey(2, b"two!")}
    assert keys.find_service_key("external-ids") == WrappedKey(2, b"one!")
    assert (keys.latest_epoch(), keys.find_check(2), keys.find_check(1)) == (2, b"check 2", None)


def test_a_failing_rewrap_changes_nothing(keys: KeyStore) -> None:
    keys.add_keys({"ada": {1: ONE}, "ben": {1: TWO}})
    keys.add_service_key("external-ids", ONE)

    def convert(wrapped: bytes) -> bytes:
        if wrapped == b"two":
            raise ValueError(wrapped)
        return wrapped + b"!"

    with pytest.raises(ValueError, match="two"):
        keys.rewrap(old=1, new=2, check=b"check 2", convert=convert)

    assert keys.find_keys("ada") == {1: ONE}
    assert keys.find_service_key("external-ids") == ONE
    assert keys.latest_epoch() == 1


def test_no_key_is_left_under_an_old_epoch_by_whoever_adds_while_it_goes(keys: KeyStore) -> None:
    refused: list[str] = []

    def add(number: int) -> None:
        if number == 4:
            keys.rewrap(old=1, new=2, check=b"check 2", convert=lambda wrapped: wrapped)
            return
        for one in range(20):
            try:
                keys.add_keys({f"{number}-{one}": FIRST})
            except EpochGone:
                refused.append(f"{number}-{one}")

    _all_at_once(add)

    names = {f"{number}-{one}" for number in range(8) if number != 4 for one in range(20)}
    kept = {key.epoch for name in names - set(refused) for key in keys.find_keys(name).values()}
    assert kept <= {2}
    assert all(keys.find_keys(name) == {} for name in refused)


def test_the_journal_is_emptied(keys: KeyStore) -> None:
    keys.add_keys({"ada": FIRST})

    assert keys.checkpoint()


def _all_at_once(work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
