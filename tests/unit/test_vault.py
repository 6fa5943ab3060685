"""The vault: keys per customer, wrapped at rest, a bounded number of them in memory."""

import pytest
from tests.fakes.key_store import InMemoryKeyStore

from assistant.core.errors import KeyUnavailable, SealBroken
from assistant.vault.key_files import KeyEncryptionKey, KeyRing, new_key, ring_of
from assistant.vault.rotation import rotate_keys
from assistant.vault.vault import Vault
from assistant.vault.wrapping import check_value


def test_a_customer_s_content_opens_for_that_customer_only(vault: Vault) -> None:
    vault.create_keys(["ada", "ben"])
    sealed = vault.seal("ada", "events", "e1", b"a kettle")

    assert vault.open("ada", "events", "e1", sealed) == b"a kettle"
    with pytest.raises(SealBroken):
        vault.open("ben", "events", "e1", sealed)


def test_creating_a_key_again_keeps_the_first(vault: Vault) -> None:
    vault.create_key("ada")
    sealed = vault.seal("ada", "events", "e1", b"a kettle")

    vault.create_key("ada")
    vault.forget("ada")

    assert vault.open("ada", "events", "e1", sealed) == b"a kettle"


def test_keys_are_wrapped_in_the_key_store(vault: Vault, key_store: InMemoryKeyStore) -> None:
    vault.create_key("ada")
    service_key = vault.service_key("visitor-tokens")

    assert {number: len(key.wrapped) for number, key in key_store.keys["ada"].items()} == {
        0: 40,
        1: 40,
    }
    assert service_key not in key_store.service_keys["visitor-tokens"].wrapped


def test_shredded_content_never_opens_again(vault: Vault, key_store: InMemoryKeyStore) -> None:
    vault.create_key("ada")
    sealed = vault.seal("ada", "events", "e1", b"a kettle")

    vault.shred("ada")

    assert key_store.keys == {}
    with pytest.raises(KeyUnavailable):
        vault.open("ada", "events", "e1", sealed)


def test_a_forgotten_key_is_fetched_again(vault: Vault, key_store: InMemoryKeyStore) -> None:
    vault.create_key("ada")
    vault.seal("ada", "events", "e1", b"x")
    vault.seal("ada", "events", "e2", b"x")
    before = key_store.finds

    vault.forget("ada")
    vault.seal("ada", "events", "e3", b"x")

    assert (before, key_store.finds) == (1, 2)


def test_only_a_bounded_number_of_keys_stays_in_memory(key_store: InMemoryKeyStore) -> None:
    vault = Vault.unlock(key_store, ring_of(new_key()), cache_size=2)
    vault.create_keys(["ada", "ben", "cem"])
    for customer in ("ada", "ben", "ada", "cem"):
        vault.seal(customer, "events", "e1", b"x")
    before = key_store.finds

    vault.seal("ada", "events", "e2", b"x")
    assert key_store.finds == before
    vault.seal("ben", "events", "e2", b"x")
    assert key_store.finds == before + 1


def test_a_wrong_key_is_refused_with_advice(key_store: InMemoryKeyStore) -> None:
    Vault.unlock(key_store, ring_of(new_key()))

    with pytest.raises(KeyUnavailable, match="put the right key file back") as refusal:
        Vault.unlock(key_store, ring_of(new_key(), origin="/srv/keys/key"))

    assert "/srv/keys/key" in refusal.value.message


def test_a_ring_without_the_epoch_is_refused(key_store: InMemoryKeyStore) -> None:
    Vault.unlock(key_store, ring_of(new_key(epoch=2)))

    with pytest.raises(KeyUnavailable, match="epoch 2"):
        Vault.unlock(key_store, ring_of(new_key(epoch=1)))


def test_a_key_wrapped_under_another_key_is_refused(key_store: InMemoryKeyStore) -> None:
    first, other = new_key(), new_key()
    Vault.unlock(key_store, ring_of(first)).create_key("ada")

    key_store.epochs[1] = check_value(other)
    with pytest.raises(KeyUnavailable, match="does not unwrap"):
        Vault.unlock(key_store, ring_of(other)).seal("ada", "events", "e1", b"x")


def test_keyed_hashes_differ_by_customer_label_and_value(vault: Vault) -> None:
    vault.create_keys(["ada", "ben"])
    hashes = {
        vault.keyed_hash("ada", "turn", b"1"),
        vault.keyed_hash("ben", "turn", b"1"),
        vault.keyed_hash("ada", "event", b"1"),
        vault.keyed_hash("ada", "turn", b"2"),
    }

    assert len(hashes) == 4
    assert vault.keyed_hash("ada", "turn", b"1") in hashes


def test_an_external_hash_is_the_same_after_a_restart_and_needs_the_service_key() -> None:
    store, key = InMemoryKeyStore(), new_key()
    first = Vault.unlock(store, ring_of(key)).external_hash("ada@mail.example")
    second = Vault.unlock(store, ring_of(key)).external_hash("ada@mail.example")
    elsewhere = Vault.unlock(InMemoryKeyStore(), ring_of(key)).external_hash("ada@mail.example")

    assert first == second != elsewhere


def test_rotation_keeps_content_readable_under_the_new_key_only(
    key_store: InMemoryKeyStore,
) -> None:
    old, new = new_key(1), new_key(2)
    vault = Vault.unlock(key_store, ring_of(old))
    vault.create_keys(["ada", "ben"])
    sealed = vault.seal("ada", "events", "e1", b"a kettle")
    external = vault.external_hash("ada@mail.example")

    assert rotate_keys(key_store, old=old, new=new) == 4

    after = Vault.unlock(key_store, _both(old, new))
    assert after.open("ada", "events", "e1", sealed) == b"a kettle"
    assert after.external_hash("ada@mail.example") == external
    with pytest.raises(KeyUnavailable):
        Vault.unlock(key_store, ring_of(old))


def test_an_interrupted_rotation_opens_with_the_ring_of_both_keys(
    key_store: InMemoryKeyStore,
) -> None:
    old, new = new_key(1), new_key(2)
    vault = Vault.unlock(key_store, ring_of(old))
    vault.create_key("ada")
    sealed = vault.seal("ada", "events", "e1", b"a kettle")

    before_the_database_moved = Vault.unlock(key_store, _both(old, new))

    assert before_the_database_moved.open("ada", "events", "e1", sealed) == b"a kettle"


def _both(old: KeyEncryptionKey, new: KeyEncryptionKey) -> KeyRing:
    return KeyRing({old.epoch: old.secret, new.epoch: new.secret}, "both")
