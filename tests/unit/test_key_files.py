"""The key-encryption key is made once, kept private, and read back or refused with advice."""

import base64
import os
import stat
from pathlib import Path

import pytest

from assistant.core.errors import KeyUnavailable
from assistant.vault.key_files import create_key_file, new_key, parse_keys, read_key_file

SECRET = base64.b64encode(bytes(range(32))).decode()


def test_a_new_key_file_is_private_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key"

    made = create_key_file(path)

    assert read_key_file(path).keys == made.keys
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    before = create_key_file(path)

    with pytest.raises(KeyUnavailable, match="not overwritten"):
        create_key_file(path)

    assert read_key_file(path).keys == before.keys


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    create_key_file(path)
    path.chmod(mode)

    with pytest.raises(KeyUnavailable, match=f"chmod 600 {path}"):
        read_key_file(path)


def test_a_missing_key_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable, match="assistant init-keys"):
        read_key_file(tmp_path / "key")


def test_a_bare_value_is_the_first_epoch() -> None:
    ring = parse_keys(SECRET, origin="ASSISTANT_KEY")

    assert ring.newest.epoch == 1
    assert ring.newest.secret == bytes(range(32))


def test_a_ring_of_two_epochs_offers_the_newest() -> None:
    newer = base64.b64encode(os.urandom(32)).decode()

    ring = parse_keys(f"1:{SECRET}\n2:{newer}\n", origin="a file")

    assert ring.newest.epoch == 2
    assert set(ring.keys) == {1, 2}


@pytest.mark.parametrize(
    "text", ["", "   \n", "not base64!", "1:", "0:" + SECRET, "x:" + SECRET, SECRET[:-8], "a:b:c"]
)
def test_what_is_no_key_is_refused_with_its_origin(text: str) -> None:
    with pytest.raises(KeyUnavailable, match="ASSISTANT_KEY"):
        parse_keys(text, origin="ASSISTANT_KEY")


def test_a_secret_is_not_part_of_any_printed_form() -> None:
    key = new_key()
    ring = parse_keys(SECRET, origin="x")

    assert "secret" not in repr(key)
    assert str(bytes(range(32))) not in repr(ring)
