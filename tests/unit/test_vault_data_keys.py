"""Several data keys a customer: the latest seals, each opens its own, a destroyed one nothing."""

import threading

import pytest
from tests.fakes.key_store import InMemoryKeyStore

from assistant.core.errors import KeyUnavailable, SealBroken
from assistant.vault.envelope import header_of, number_of
from assistant.vault.vault import Vault


@pytest.fixture
def ada(vault: Vault) -> str:
    vault.create_key("ada")
    return "ada"


@pytest.fixture
def elsewhere(key_store: InMemoryKeyStore, vault: Vault) -> Vault:
    """The vault of another process over the same keys."""
    return Vault(keys=key_store, wrapping=vault._wrapping)


def test_a_new_data_key_seals_and_the_earlier_ones_still_open(vault: Vault, ada: str) -> None:
    first = vault.seal(ada, "events", "e1", b"a kettle")
    assert vault.add_data_key(ada) == 2
    second = vault.seal(ada, "events", "e2", b"a lamp")

    assert (number_of(first), number_of(second)) == (1, 2)
    assert vault.header(ada) == header_of(2) == second[:5]
    assert vault.open(ada, "events", "e1", first) == b"a kettle"
    assert vault.open(ada, "events", "e2", second) == b"a lamp"
    assert vault.data_key_numbers(ada) == (1, 2)


def test_resealing_keeps_the_content_and_the_place(vault: Vault, ada: str) -> None:
    first = vault.seal(ada, "events", "e1", b"a kettle")
    vault.add_data_key(ada)

    second = vault.reseal(ada, "events", "e1", first)

    assert number_of(second) == 2
    assert vault.open(ada, "events", "e1", second) == b"a kettle"
    with pytest.raises(SealBroken):
        vault.reseal(ada, "events", "e2", first)


def test_a_destroyed_data_key_opens_nothing_and_the_rest_stays(vault: Vault, ada: str) -> None:
    sealed = {1: vault.seal(ada, "events", "e", b"x")}
    for _ in range(3):
        number = vault.add_data_key(ada)
        sealed[number] = vault.seal(ada, "events", "e", b"x")

    vault.destroy_data_keys(ada, below=3)

    assert vault.data_key_numbers(ada) == (3, 4)
    for number, value in sealed.items():
        if number < 3:
            with pytest.raises(KeyUnavailable):
                vault.open(ada, "events", "e", value)
        else:
            assert vault.open(ada, "events", "e", value) == b"x"


def test_a_key_made_by_another_process_is_found_when_it_is_met(
    vault: Vault, elsewhere: Vault, ada: str
) -> None:
    vault.seal(ada, "events", "e", b"x")
    elsewhere.add_data_key(ada)
    sealed = elsewhere.seal(ada, "events", "e", b"from elsewhere")

    assert vault.open(ada, "events", "e", sealed) == b"from elsewhere"
    assert vault.header(ada) == header_of(2)


def test_a_number_that_no_key_ever_had_is_a_broken_seal(vault: Vault, ada: str) -> None:
    vault.add_data_key(ada)
    sealed = vault.seal(ada, "events", "e", b"x")

    for header in (header_of(3), header_of(2**31)):
        with pytest.raises(SealBroken):
            vault.open(ada, "events", "e", header + sealed[5:])


def test_the_number_of_the_key_cannot_be_exchanged(vault: Vault, ada: str) -> None:
    vault.add_data_key(ada)
    sealed = vault.seal(ada, "events", "e", b"x")

    with pytest.raises(SealBroken):
        vault.open(ada, "events", "e", header_of(1) + sealed[5:])


@pytest.mark.parametrize(
    "sealed", [b"", b"\x00" * 40, b"\x03" * 40, b"\x02\0\0\0\x01" + bytes(40), b"\x02\0\0", b"\xff"]
)
def test_what_begins_like_nothing_sealed_is_a_broken_seal(
    vault: Vault, ada: str, sealed: bytes
) -> None:
    with pytest.raises(SealBroken):
        vault.open(ada, "events", "e", sealed)


def test_headers_compare_as_their_numbers_do() -> None:
    numbers = [1, 2, 3, 255, 256, 65_535, 65_536, 2**31, 2**32 - 1]
    headers = [header_of(number) for number in numbers]

    assert headers == sorted(headers)
    assert [number_of(header) for header in headers] == numbers
    assert [number_of(header + bytes(30)) for header in headers] == numbers


def test_keyed_hashes_stay_and_sealed_hashes_die_with_their_key(vault: Vault, ada: str) -> None:
    stable = vault.keyed_hash(ada, "turn", b"t1")
    mortal = vault.sealed_hash(ada, "content", b"guessable")

    vault.add_data_key(ada)

    assert vault.keyed_hash(ada, "turn", b"t1") == stable
    assert vault.sealed_hash(ada, "content", b"guessable", 1) == mortal
    assert vault.sealed_hash(ada, "content", b"guessable") != mortal
    vault.destroy_data_keys(ada, below=2)
    assert vault.keyed_hash(ada, "turn", b"t1") == stable
    with pytest.raises(KeyUnavailable):
        vault.sealed_hash(ada, "content", b"guessable", 1)


def test_the_hashing_key_tells_nothing_of_a_sealed_hash(vault: Vault, ada: str) -> None:
    assert vault.keyed_hash(ada, "same", b"x") != vault.sealed_hash(ada, "same", b"x")


def test_a_shredded_customer_gets_no_new_key(
    vault: Vault, key_store: InMemoryKeyStore, ada: str
) -> None:
    vault.add_data_key(ada)
    vault.create_key("ben")

    vault.shred_all([ada, "ben", "unknown"])

    assert key_store.keys == {}
    assert vault.data_key_numbers(ada) == ()
    for act in (vault.add_data_key, vault.header):
        with pytest.raises(KeyUnavailable):
            act(ada)


def test_keys_that_were_fetched_before_they_were_forgotten_are_not_kept(
    vault: Vault, elsewhere: Vault, key_store: InMemoryKeyStore, ada: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    fetched, forgotten = threading.Event(), threading.Event()
    original = key_store.find_keys

    def slow(customer_id: str) -> object:
        found = original(customer_id)
        fetched.set()
        assert forgotten.wait(10)
        return found

    monkeypatch.setattr(key_store, "find_keys", slow)
    reader = threading.Thread(target=vault.seal, args=(ada, "events", "e", b"x"))
    reader.start()
    assert fetched.wait(10)
    monkeypatch.undo()
    elsewhere.add_data_key(ada)
    vault.forget(ada)
    forgotten.set()
    reader.join()

    assert number_of(vault.seal(ada, "events", "e", b"x")) == 2


def test_many_threads_seal_and_open_at_once(vault: Vault, ada: str) -> None:
    wrong: list[bytes] = []

    def work(thread: int) -> None:
        for number in range(300):
            content = b"%d-%d" % (thread, number)
            sealed = vault.seal(ada, "events", str(number), content)
            if vault.open(ada, "events", str(number), sealed) != content:
                wrong.append(content)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
