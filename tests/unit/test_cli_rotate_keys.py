"""`assistant rotate-keys` on a real key folder."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.commands import exit_code

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.vault.key_files import create_key_file, read_key_file
from assistant.vault.vault import Vault

URL = "sqlite:///data-keys/keys.db"
FILE = Path("data-keys/key")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlKeyStore]:
    """The key database of a service with one customer, in the working directory."""
    monkeypatch.chdir(tmp_path)
    create_key_file(FILE)
    store = SqlKeyStore.open(URL)
    Vault.unlock(store, read_key_file(FILE)).create_key("ada")
    yield store
    store.close()


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_it_tells_what_it_did_in_a_table(
    store: SqlKeyStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("rotate-keys") == 0

    said = printed(capsys)
    assert "epoch 1 -> 2" in said
    assert "keys wrapped anew 2" in said
    assert "holds epoch 2 only" in said
    assert "back up the key file" in said
    assert list(read_key_file(FILE).keys) == [2]
    assert store.is_alone(2)


def test_with_if_erased_it_waits_until_a_key_was_destroyed(
    store: SqlKeyStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("rotate-keys", "--if-erased") == 0
    assert "nothing to do" in printed(capsys)
    assert list(read_key_file(FILE).keys) == [1]

    store.destroy_keys(["ada"])
    assert exit_code("rotate-keys", "--if-erased") == 0
    assert list(read_key_file(FILE).keys) == [2]

    assert exit_code("rotate-keys", "--if-erased") == 0
    assert list(read_key_file(FILE).keys) == [2]


def test_without_a_key_database_it_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert exit_code("rotate-keys") == 1

    assert "no key database yet" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_of_another_key_database_is_refused_and_kept(
    store: SqlKeyStore, capsys: pytest.CaptureFixture[str]
) -> None:
    FILE.unlink()
    create_key_file(FILE)
    before = FILE.read_bytes()

    assert exit_code("rotate-keys") == 1

    assert "put the right key file back" in capsys.readouterr().err
    assert FILE.read_bytes() == before
    assert store.latest_epoch() == 1


def test_with_a_key_from_the_environment_it_says_what_to_do_and_does_what_is_given(
    store: SqlKeyStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ring = read_key_file(FILE)
    old = f"1:{base64.b64encode(ring.keys[1]).decode()}"
    new = f"2:{base64.b64encode(os.urandom(32)).decode()}"
    FILE.unlink()

    monkeypatch.setenv("ASSISTANT_KEY", old)
    assert exit_code("rotate-keys") == 1
    told = capsys.readouterr().err
    assert 'ASSISTANT_KEY="1:<the old key> 2:<the new key>"' in told
    assert old not in told
    assert store.latest_epoch() == 1
    assert exit_code("rotate-keys", "--if-erased") == 0

    monkeypatch.setenv("ASSISTANT_KEY", f"{old} {new}")
    assert exit_code("rotate-keys") == 0
    assert "set it to epoch 2 alone" in printed(capsys)
    assert store.latest_epoch() == 2
    assert not store.is_alone(2)

    monkeypatch.setenv("ASSISTANT_KEY", new)
    assert exit_code("rotate-keys", "--if-erased") == 0
    assert "only the key of epoch 2 is left" in printed(capsys)
    assert store.is_alone(2)
    assert not FILE.exists()
