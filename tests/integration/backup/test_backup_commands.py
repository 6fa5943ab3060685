"""`assistant backup`, `restore`, `check` and `serve` about backups and the erasure ledger."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.backup_parts import Service
from tests.commands import exit_code
from tests.erasure_home import settings_in
from tests.fakes.clock import SteppableClock
from tests.integration.backup.world import arrive
from tests.profile_parts import MARKET

from assistant import bootstrap
from assistant.cli.check_ledger import check_ledger
from assistant.core.errors import ConfigurationError
from assistant.settings import Settings
from assistant.store.engine import Database


@pytest.fixture
def deployed(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A deployment on SQLite that the commands find by their environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_KNOWLEDGE", str(MARKET))
    monkeypatch.setenv("ASSISTANT_DATABASE_URL", sqlite_url)
    return settings_in(tmp_path, sqlite_url)


def look(settings: Settings) -> str:
    """Return what `assistant check` finds about the ledger."""
    (finding,) = check_ledger(settings)
    return f"{finding.level} {finding.text}"


def test_a_service_is_backed_up_and_restored_by_commands(
    deployed: Settings,
    clock: SteppableClock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = Service(deployed, clock)
    ada, ben = arrive(service, "ada"), arrive(service, "ben")
    assert exit_code("backup", "today.data", "--keys", "today.keys") == 0  # while it is open
    told = capsys.readouterr().out
    assert "today.data: " in told
    assert "until then erasures are not final" in told
    service.erase(ada.customer_id, "everything")
    service.work()
    service.close()

    assert exit_code("backup", "today.data") == 1
    assert "is there already" in capsys.readouterr().err
    assert exit_code("restore", "today.data") == 1
    assert "--replace" in capsys.readouterr().err
    assert exit_code("restore", "today.data", "--keys", "today.keys", "--replace") == 0
    told = capsys.readouterr()
    rows = [line.split("  ") for line in told.out.splitlines()]
    counts = {row[0]: [cell.strip() for cell in row[1:] if cell.strip()] for row in rows}
    assert counts["keys that stay destroyed, customers"] == ["1", "erased since"]
    assert "events 2" in counts["rows left out: their key is destroyed"][1]
    assert "Traceback" not in told.err

    service = Service(deployed, clock)
    assert (service.find(ada.subject), service.find(ben.subject)) == (None, ben.customer_id)
    service.close()


def test_commands_without_a_file_say_what_to_name(
    deployed: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("backup", "restore"):
        assert exit_code(command) == 1
        assert "name a FILE, or --keys FILE" in capsys.readouterr().err


def test_check_walks_the_ledger_and_compares_it_with_the_database(
    deployed: Settings, clock: SteppableClock
) -> None:
    Service(deployed, clock).close()
    assert look(deployed) == "ok 0 entries, the chain is whole"

    service = Service(deployed, clock)
    ada = arrive(service, "ada")
    service.erase(ada.customer_id, "category", "browsing")
    service.database.write_now(lambda c: c.execute(text("DELETE FROM ledger_marks")))
    service.close()
    assert look(deployed).startswith("warning 1 entry not carried out")
    bootstrap.build(deployed).close()
    assert look(deployed) == "ok 1 entry, the chain is whole"

    tamper(deployed)
    assert look(deployed).startswith("error entry 1 does not fit the chain")

    shutil.rmtree(deployed.ledger_folder)
    assert look(deployed).startswith("error the erasure ledger lacks 1 entry")
    assert not deployed.ledger_folder.exists()


def tamper(settings: Settings) -> None:
    """Change an entry as somebody with the rights of a database's owner could."""
    ledger = Database.open(settings.resolved_ledger_url(), pool_size=1)
    ledger.write_now(
        lambda c: [
            c.execute(text("DROP TRIGGER ledger_entries_guard_update")),
            c.execute(text("UPDATE ledger_entries SET at = at + 1")),
        ]
    )
    ledger.close_now()


def test_the_service_does_not_start_on_a_lost_ledger_unless_that_is_accepted(
    deployed: Settings, clock: SteppableClock
) -> None:
    service = Service(deployed, clock)
    ada = arrive(service, "ada")
    service.decide(ada.customer_id, "withdrawn")
    service.close()
    shutil.rmtree(deployed.ledger_folder)

    with pytest.raises(ConfigurationError, match="--accept-lost-ledger"):
        bootstrap.build(deployed)
    bootstrap.build(deployed, accept_lost_ledger=True).close()

    bootstrap.build(deployed).close()


def test_check_says_that_the_keys_were_lost_and_makes_none(
    deployed: Settings, clock: SteppableClock, capsys: pytest.CaptureFixture[str]
) -> None:
    service = Service(deployed, clock)
    arrive(service, "ada")
    service.close()
    for path in deployed.key_folder.glob("keys.db*"):
        path.unlink()

    assert exit_code("check") == 1

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("error")]
    assert len(lines) == 1
    assert "the key database is missing or empty" in lines[0]
    assert "`assistant restore --keys FILE`" in lines[0]
    assert not list(deployed.key_folder.glob("keys.db*"))
