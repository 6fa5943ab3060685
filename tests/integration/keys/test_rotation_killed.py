"""A rotation that is killed at any moment: the service starts, and the next run finishes it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from tests.key_parts import KeyHome, opens, rotate

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.vault.key_files import read_key_file
from assistant.vault.rotation import Step

STEPS: tuple[Step, ...] = get_args(Step)
TOUCHING_THE_DISK = (
    (os, "fsync"),
    (os, "open"),
    (Path, "replace"),
    (Path, "unlink"),
    (SqlKeyStore, "rewrap"),
    (SqlKeyStore, "checkpoint"),
    (SqlKeyStore, "mark_alone"),
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def rotated_until(home: KeyHome, arm: Callable[[], None], on_step: Callable[[Step], None]) -> bool:
    """Rotate in a process of its own, which ``arm`` prepares to die; whether it did."""
    child = os.fork()
    if child == 0:  # no return from here: the parent's fixtures are not the child's
        try:
            arm()
            rotate(home, on_step)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def finished(home: KeyHome, sealed: dict[str, bytes]) -> None:
    """Check that whatever a dead rotation left serves, and that the next run ends it."""
    assert opens(home, sealed)
    rotate(home)
    store = home.open()
    (epoch,) = home.epochs()
    assert store.latest_epoch() == epoch
    assert home.vault(store).epoch_destroyed(epoch - 1)
    store.close()
    assert opens(home, sealed)
    assert not home.path.with_name("key.new").exists()


@pytest.mark.parametrize("last", STEPS)
def test_a_rotation_killed_after_a_step_is_finished_by_the_next(
    home: KeyHome, sealed: dict[str, bytes], last: Step
) -> None:
    old = read_key_file(home.path).newest.secret

    killed = rotated_until(home, lambda: None, lambda step: die() if step == last else None)

    assert killed
    finished(home, sealed)
    assert old not in read_key_file(home.path).keys.values()


def test_a_rotation_killed_anywhere_within_a_step_is_finished_by_the_next(
    home: KeyHome, sealed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Die before each call that touches the disk, one after the other."""

    def arm(call: int) -> None:
        calls = iter(range(100))

        def lethal(original: Callable[..., object]) -> Callable[..., object]:
            def wrapped(*args: object, **kwargs: object) -> object:
                if next(calls) == call:
                    die()
                return original(*args, **kwargs)

            return wrapped

        for owner, name in TOUCHING_THE_DISK:
            monkeypatch.setattr(owner, name, lethal(getattr(owner, name)))

    call = 0
    while rotated_until(home, lambda n=call: arm(n), lambda _: None):
        finished(home, sealed)
        call += 1

    assert call >= 10
    finished(home, sealed)
