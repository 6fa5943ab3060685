"""`assistant erase` on a real folder: done at once, refused in words, seen by `check`."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.commands import exit_code

from assistant.store.engine import Database

ROOT = Path(__file__).parents[2]
MIRA, OLE = "mira@customers.example", "ole@customers.example"


def event(subject: str) -> str:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": "o1",
            "source": "https://shop.example",
            "type": "order.placed",
            "time": "2026-01-02T10:00:00Z",
            "subject": subject,
            "data": {"order_id": "W1", "items": [{"item_id": "k", "name": "Alder kettle"}]},
        }
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment with two customers of one order each."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_KNOWLEDGE", str(ROOT / "knowledge" / "market"))
    assert exit_code("init-keys") == 0
    (tmp_path / "events.ndjson").write_text(f"{event(MIRA)}\n{event(OLE)}\n", encoding="utf-8")
    assert exit_code("import", "events.ndjson") == 0
    return tmp_path


def events_left(folder: Path) -> int:
    database = Database.open(f"sqlite:///{folder / 'data' / 'assistant.db'}", pool_size=1)
    try:
        return database.read_now(
            lambda c: c.execute(text("SELECT count(*) FROM events")).scalar_one()
        )
    finally:
        database.close_now()


def test_erase_with_wait_ends_verified_with_a_receipt_that_is_valid(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = folder / "mira.json"

    assert exit_code("erase", "--customer", MIRA, "--wait", "--receipt", str(receipt)) == 0

    assert "PHYSICALLY_VERIFIED" in capsys.readouterr().out
    assert receipt.stat().st_mode & 0o077 == 0
    assert MIRA not in receipt.read_text(encoding="utf-8")
    assert events_left(folder) == 1
    assert exit_code("verify-receipt", str(receipt)) == 0
    assert exit_code("import", "events.ndjson") == 0
    assert "erased 1" in capsys.readouterr().out, "what is older than the erasure stays away"


def test_erase_without_wait_holds_and_is_carried_out_by_the_next_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("erase", "--customer", MIRA) == 0
    assert "BLOCKED_FOR_USE" in capsys.readouterr().out
    assert events_left(folder) == 2

    assert exit_code("erase", "--customer", OLE, "--wait") == 0

    assert events_left(folder) == 0


def test_a_part_is_erased_by_scope_and_target(folder: Path) -> None:
    words = ("--scope", "category", "--target", "orders")
    assert exit_code("erase", "--customer", MIRA, *words, "--wait") == 0

    assert events_left(folder) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--customer", "nobody@customers.example"), "nobody is known by this id"),
        (("--customer", MIRA, "--scope", "category"), "name the item"),
        (("--customer", MIRA, "--scope", "category", "--target", "stars"), "no such data category"),
        (("--customer", MIRA, "--receipt", "r.json"), "needs --wait"),
        (("--customer", "\n"), "printable"),
    ],
)
def test_erase_says_what_is_wrong_and_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert exit_code("erase", *words) == 1

    assert said in capsys.readouterr().err
    assert events_left(folder) == 2


def test_an_existing_receipt_is_not_overwritten(folder: Path) -> None:
    (folder / "r.json").write_text("kept", encoding="utf-8")

    assert exit_code("erase", "--customer", MIRA, "--wait", "--receipt", "r.json") == 1

    assert (folder / "r.json").read_text(encoding="utf-8") == "kept"
    assert events_left(folder) == 2


def test_check_names_erasures_that_are_overdue(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("erase", "--customer", MIRA) == 0
    exit_code("check")
    assert "1 under way, none is overdue" in capsys.readouterr().out
    database = Database.open(f"sqlite:///{folder / 'data' / 'assistant.db'}", pool_size=1)
    database.write_now(
        lambda c: c.execute(text("UPDATE erasures SET requested_at = requested_at - 3600000"))
    )
    database.close_now()

    exit_code("check")

    assert "1 overdue in the state BLOCKED_FOR_USE" in capsys.readouterr().out
