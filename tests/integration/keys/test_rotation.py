"""Rotating the key-encryption key: nothing is lost, and the old key opens nothing any more."""

import itertools
import os
import stat
import threading
from contextlib import suppress
from functools import partial
from typing import get_args

import pytest
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap
from sqlalchemy import select
from tests.key_parts import CUSTOMERS, KeyHome, opens, rotate
from tests.proving import ProofRun
from tests.together import until_the_end

from assistant.core.errors import KeyUnavailable
from assistant.store.key_tables import WRAPPED_KEYS
from assistant.vault import rotation
from assistant.vault.key_files import new_key, read_key_file, ring_of
from assistant.vault.rotation import Step, rotate_given_keys
from assistant.vault.vault import Vault

STEPS: tuple[Step, ...] = get_args(Step)


def test_everything_opens_under_the_new_key_alone(home: KeyHome, sealed: dict[str, bytes]) -> None:
    old = read_key_file(home.path).newest
    steps: list[Step] = []

    assert rotate(home, steps.append) == 2 * len(CUSTOMERS) + 1

    assert tuple(steps) == STEPS
    assert home.epochs() == [2]
    assert opens(home, sealed)
    store = home.open()
    with pytest.raises(KeyUnavailable):
        Vault.unlock(store, ring_of(old))
    vault = home.vault(store)
    assert (vault.epoch, vault.epoch_destroyed(1), vault.epoch_destroyed(2)) == (2, True, False)
    store.close()


def test_the_key_file_keeps_its_mode_and_leaves_nothing_beside_it(
    home: KeyHome, sealed: dict[str, bytes]
) -> None:
    del sealed
    home.path.chmod(0o400)
    before = home.path.read_text()
    lying = home.path.with_name("hard-link-to-where-it-lay")
    os.link(home.path, lying)

    if os.geteuid() != 0:
        home.path.chmod(0o600)
    rotate(home)

    assert stat.S_IMODE(home.path.stat().st_mode) in {0o400, 0o600}
    assert not home.path.with_name("key.new").exists()
    assert before.strip() not in home.path.read_text()
    assert lying.read_bytes().strip(b"\0") == b""


def test_an_old_copy_of_the_key_database_is_worthless_after_the_rotation(
    home: KeyHome, sealed: dict[str, bytes]
) -> None:
    store = home.open()
    copy = store._database.read_now(lambda c: c.execute(select(WRAPPED_KEYS)).all())
    home.vault(store).shred(CUSTOMERS[3])
    store.close()

    def opened_with_the_key_file() -> set[str]:
        """Return whose wrapped keys in the copy are of any use."""
        found = set[str]()
        for row in copy:
            for secret in read_key_file(home.path).keys.values():
                with suppress(InvalidUnwrap):
                    aes_key_unwrap(secret, bytes(row.wrapped))
                    found.add(row.customer_id)
        return found

    assert opened_with_the_key_file() == set(CUSTOMERS)
    rotate(home)
    assert opened_with_the_key_file() == set()
    assert sealed


def test_a_running_service_goes_on_through_a_rotation(
    home: KeyHome, sealed: dict[str, bytes]
) -> None:
    store = home.open()
    running = home.vault(store)
    running.open(CUSTOMERS[0], "turns", "t", sealed[CUSTOMERS[0]])

    for _ in range(3):
        rotate(home)
        for one in CUSTOMERS:
            running.forget(one)
            assert running.open(one, "turns", "t", sealed[one]) == one.encode()
    rotate(home)
    running.create_key("somebody new")
    rotate(home)
    assert running.add_data_key("somebody new") == 2
    rotate(home)
    assert len(running.service_key("made just now")) == 32
    assert running.epoch == 7
    store.close()
    assert opens(home, sealed)


@pytest.mark.proof("A service writes keys while they are rotated", small=4, full=200)
def test_no_key_is_lost_that_is_made_while_keys_are_rotated(
    home: KeyHome, sealed: dict[str, bytes], proof_run: ProofRun
) -> None:
    store = home.open()
    running = home.vault(store)
    values: dict[str, bytes] = {}

    def live(writer: int, ended: threading.Event) -> None:
        for number in itertools.count():
            if ended.is_set():
                return
            name = f"{writer}-{number}"
            running.create_key(name)
            values[name] = running.seal(name, "turns", "t", name.encode())
            running.add_data_key(name)
            assert running.open(name, "turns", "t", values[name]) == name.encode()

    with until_the_end(*(partial(live, n) for n in range(3))) as ended:
        for _ in range(proof_run.count):
            ended.wait(0.05)
            rotate(home)
    store.close()

    assert len(values) > proof_run.count
    later = home.open()
    vault = home.vault(later)
    assert all(vault.open(n, "turns", "t", v) == n.encode() for n, v in values.items())
    later.close()
    assert opens(home, sealed)


def test_a_rotation_under_given_keys_waits_until_the_new_one_is_given(home: KeyHome) -> None:
    store = home.open()
    old, new = new_key(4), new_key(5)
    vault = Vault.unlock(store, ring_of(old))
    vault.create_key("ada")
    sealed = vault.seal("ada", "turns", "t", b"a kettle")
    both = read_both(old.secret, new.secret)

    assert rotate_given_keys(store, ring_of(old)) is None
    assert store.latest_epoch() == 4
    done = rotate_given_keys(store, both)
    assert done is not None
    assert (done.old, done.new, done.rewrapped) == (4, 5, 2)
    assert not rotation.note_alone(store, both)
    after = Vault.unlock(store, ring_of(new))
    assert not after.epoch_destroyed(4)
    assert rotation.note_alone(store, ring_of(new))
    assert after.epoch_destroyed(4)
    assert after.open("ada", "turns", "t", sealed) == b"a kettle"
    store.close()


def read_both(old: bytes, new: bytes) -> rotation.KeyRing:
    return rotation.KeyRing({4: old, 5: new}, "ASSISTANT_KEY")
