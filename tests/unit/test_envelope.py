"""Sealed content opens in its place and nowhere else."""

import os

import pytest

from assistant.core.errors import SealBroken
from assistant.vault.envelope import OVERHEAD, Place, open_sealed, seal

KEY = bytes(range(32))
PLACE = Place("customer-1", "turns", "turn-1")


def test_sealed_content_opens_again_in_its_place() -> None:
    sealed = seal(KEY, b"the kettle leaks", place=PLACE)

    assert open_sealed(KEY, sealed, place=PLACE) == b"the kettle leaks"
    assert len(sealed) == len(b"the kettle leaks") + OVERHEAD


def test_sealing_the_same_content_twice_gives_different_bytes() -> None:
    assert seal(KEY, b"same", place=PLACE) != seal(KEY, b"same", place=PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("customer-2", "turns", "turn-1"),
        Place("customer-1", "events", "turn-1"),
        Place("customer-1", "turns", "turn-2"),
        Place("customer-1", "turnst", "urn-1"),
    ],
)
def test_sealed_content_does_not_open_elsewhere(elsewhere: Place) -> None:
    sealed = seal(KEY, b"mine", place=PLACE)

    with pytest.raises(SealBroken):
        open_sealed(KEY, sealed, place=elsewhere)


def test_another_key_does_not_open() -> None:
    with pytest.raises(SealBroken):
        open_sealed(os.urandom(32), seal(KEY, b"mine", place=PLACE), place=PLACE)


@pytest.mark.parametrize("broken", [b"", b"\x01", b"\x02" + bytes(40), bytes(28)])
def test_what_was_never_sealed_is_refused(broken: bytes) -> None:
    with pytest.raises(SealBroken):
        open_sealed(KEY, broken, place=PLACE)


def test_the_refusal_names_the_table_and_nothing_personal() -> None:
    sealed = seal(KEY, b"the kettle leaks", place=PLACE)

    with pytest.raises(SealBroken) as refusal:
        open_sealed(KEY, sealed[:-1], place=PLACE)

    assert "'turns'" in refusal.value.message
    assert "customer-1" not in refusal.value.message
