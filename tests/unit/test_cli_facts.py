"""What `assistant check` says about facts, on real files."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.commands import exit_code
from tests.profile_parts import MARKET
from tests.why_parts import WhyParts

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.bootstrap.operator_log import operator
from assistant.core.errors import ConfigurationError
from assistant.core.ids import CustomerId
from assistant.profile.questions.integrity_check import PURPOSE
from assistant.store.access_log import AccessLogRepository
from assistant.store.engine import Database
from assistant.vault.key_files import read_key_file
from assistant.vault.vault import Vault

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KEPT = "Zanzibar beans are my favourite."


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with keys and two facts of one customer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_KNOWLEDGE", str(MARKET))
    assert exit_code("init-keys") == 0
    (tmp_path / "data").mkdir(mode=0o700)
    keys = SqlKeyStore.open(f"sqlite:///{tmp_path / 'data-keys' / 'keys.db'}")
    vault = Vault.unlock(keys, read_key_file(tmp_path / "data-keys" / "key"))
    database = Database.open(f"sqlite:///{tmp_path / 'data' / 'assistant.db'}")
    database.migrate()
    parts = WhyParts.of(database, vault, lambda: AT)
    assert isinstance(parts, WhyParts)
    ada: CustomerId = parts.customer("ada@mail.example")
    parts.fact(ada, KEPT)
    parts.fact(ada, "I cook for two.")
    database.close_now()
    keys.close()
    return tmp_path


def facts_line(capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    exit_code("check")
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if line.split(maxsplit=2)[1] == "facts"]


def test_facts_as_they_were_confirmed_are_fine(
    deployment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = facts_line(capsys)

    assert line.startswith("ok")
    assert "2 facts are as they were confirmed" in line


def test_a_fact_with_other_words_is_named_without_its_words(
    deployment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(deployment / "data" / "assistant.db") as raw:
        rows = raw.execute("SELECT fact_id, statement_sealed FROM facts").fetchall()
        (first, _), (_, other) = rows
        raw.execute("UPDATE facts SET statement_sealed = ? WHERE fact_id = ?", (other, first))
    raw.close()

    (line,) = facts_line(capsys)

    assert line.startswith("error")
    assert first in line
    assert "Zanzibar" not in line


def test_the_customer_is_told_of_the_check_before_anything_is_printed(
    deployment: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = facts_line(capsys)
    assert line.startswith("ok")
    with sqlite3.connect(deployment / "data" / "assistant.db") as raw:
        (entry,) = raw.execute(
            "SELECT role, actor, purpose, reading, categories, items, item_ids FROM access_log"
        ).fetchall()
    raw.close()
    assert entry == ("operator", operator(), PURPOSE, "check", "stated_reasons", 2, "")

    def fail(*_: object) -> None:
        raise ConfigurationError("the log cannot be written")

    monkeypatch.setattr(AccessLogRepository, "add_access", fail)
    (line,) = facts_line(capsys)
    assert "the log cannot be written" in line
    assert "confirmed" not in line
