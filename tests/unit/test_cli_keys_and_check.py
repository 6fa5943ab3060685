"""`assistant init-keys` and `assistant check` on real folders."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from tests.commands import exit_code

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.store.engine import Database
from assistant.vault.key_files import new_key, read_key_file, ring_of
from assistant.vault.vault import Vault

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the real pack and nothing else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_KNOWLEDGE", str(ROOT / "knowledge" / "market"))
    return tmp_path


def findings(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return the printed level and text by subject."""
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    return {subject: f"{level} {text}" for level, subject, text in lines}


def test_key_is_made_once_and_readable_by_its_owner_only(folder: Path) -> None:
    assert exit_code("init-keys") == 0
    path = folder / "data-keys" / "key"
    first = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert exit_code("init-keys") == 1
    assert path.read_bytes() == first


def test_key_is_not_made_inside_the_data_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_KEY_FILE", "data/key")
    assert exit_code("init-keys") == 1
    assert not (folder / "data").exists()


def test_check_of_an_empty_folder_asks_for_keys_and_creates_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("check") == 1
    seen = findings(capsys)
    assert seen["keys"].startswith("error")
    assert "assistant init-keys" in seen["keys"]
    assert seen["database"].startswith("warning")
    assert seen["index"].startswith("warning")
    assert list(folder.iterdir()) == []


def test_check_passes_once_keys_and_tables_are_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code("init-keys")
    (folder / "data").mkdir()
    database = Database.open("sqlite:///data/assistant.db")
    database.migrate()
    database.close_now()
    capsys.readouterr()
    assert exit_code("check") == 0
    seen = findings(capsys)
    assert seen["database"].startswith("ok")
    assert {seen[name][:2] for name in ("settings", "model", "pack", "articles", "keys")} == {"ok"}


def test_check_refuses_a_key_of_another_key_database(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code("init-keys")
    store = SqlKeyStore.open("sqlite:///data-keys/keys.db")
    Vault.unlock(store, ring_of(new_key())).create_key("somebody")
    store.close()
    assert exit_code("check") == 1
    assert findings(capsys)["keys"].startswith("error")
    assert read_key_file(folder / "data-keys" / "key")


def test_check_finds_a_damaged_index(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data" / "index").mkdir(parents=True)
    (folder / "data" / "index" / "CURRENT").write_text("nonsense\n")
    assert exit_code("check") == 1
    assert findings(capsys)["index"].startswith("error")


def test_check_names_misspelt_variables_and_short_secrets(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_PROT", "9000")
    monkeypatch.setenv("ASSISTANT_IDENTITY_SECRET", "short-but-secret")
    assert exit_code("check") == 1
    output = capsys.readouterr().out
    assert "ASSISTANT_PROT is set but is no setting" in output
    assert "16 bytes" in output
    assert "short-but-secret" not in output


def test_check_finds_a_question_about_a_missing_article(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = folder / "pack"
    (pack / "tests").mkdir(parents=True)
    (pack / "articles").mkdir()
    (pack / "articles" / "fees.md").write_text("---\ntitle: Fees\n---\nParcels cost nothing.\n")
    (pack / "tests" / "questions_a.yaml").write_text(
        '- question: "what?"\n  article: fees\n- question: "why?"\n  article: gone\n'
    )
    monkeypatch.setenv("ASSISTANT_KNOWLEDGE", str(pack))
    assert exit_code("check") == 1
    seen = findings(capsys)
    assert "there is no article 'gone'" in seen["questions"]
    assert seen["pack"].startswith("error")


def test_a_database_that_refuses_is_one_line_without_statement_or_traceback(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del folder
    refusal = sqlite3.OperationalError("attempt to write a readonly database")

    def refuse(**_: object) -> None:
        raise OperationalError("INSERT a secret", {"words": "a secret"}, refusal)

    monkeypatch.setattr("assistant.cli.backup.read_settings", refuse)
    assert exit_code("backup", "b.data") == 1

    told = capsys.readouterr().err
    assert told == (
        "assistant: the database cannot be used: attempt to write a readonly database: "
        "run this as the account of the service, which may write there\n"
    )
