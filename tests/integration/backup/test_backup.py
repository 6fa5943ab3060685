"""A backup holds everything, of one moment, and nothing that could be read without keys."""

import random
import stat
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.backup_parts import Service, back_up, back_up_the_keys, parts_of, put_back
from tests.erasure_home import settings_in
from tests.fakes.clock import SteppableClock
from tests.seeding import Seeder

from assistant.core.errors import ConfigurationError, InvalidInput
from assistant.settings import Settings
from assistant.store.backup_file import BackupReader
from assistant.store.tables import CATALOGUE, METADATA

Start = Callable[[], Service]


def seed(service: Service, clock: SteppableClock, subject: str = "noor@customers.example") -> None:
    seeder = Seeder(service.database, service.stores.vault, service.pack, clock, random.Random(7))  # noqa: S311 - to be repeated
    seeder.seed(subject)
    finished = update(METADATA.tables["erasures"]).values(next_at=None)  # no worker takes it on
    service.database.write_now(lambda c: c.execute(finished))


def test_every_row_of_every_table_comes_back(
    settings: Settings, start: Start, clock: SteppableClock, tmp_path: Path
) -> None:
    service = start()
    seed(service, clock)
    seed(service, clock, "ben@customers.example")
    before = service.rows()
    service.close()
    assert [name for name, rule in CATALOGUE.items() if rule.personal and not before[name]] == []

    manifest = back_up(settings, tmp_path / "backup")
    restored = put_back(settings, tmp_path / "backup", replace=True)

    assert {part.table: part.rows for part in manifest.parts} == {
        name: len(rows) for name, rows in before.items()
    }
    assert not restored.left_out
    assert unchanged(start().rows()) == unchanged(before)


def unchanged(rows: dict[str, list[dict[str, object]]]) -> object:
    """Return rows without what a restore may change: who was at work on them."""
    return {
        name: [
            {k: v for k, v in row.items() if k not in {"lease_owner", "lease_until"}}
            for row in of_table
        ]
        for name, of_table in rows.items()
    }


@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
def test_a_backup_of_one_database_is_restored_into_the_other(
    source: str,
    sqlite_url: str,
    postgresql_url: str,
    tmp_path: Path,
    clock: SteppableClock,
) -> None:
    urls = {"sqlite": sqlite_url, "postgresql": postgresql_url}
    settings = settings_in(tmp_path, urls.pop(source))
    service = Service(settings, clock)
    seed(service, clock)
    before = service.rows()
    service.close()
    back_up(settings, tmp_path / "backup")

    (target,) = urls.values()
    other = settings.model_copy(update={"database_url": target})
    put_back(other, tmp_path / "backup")

    service = Service(other, clock)
    assert unchanged(service.rows()) == unchanged(before)
    service.close()


def test_a_backup_of_the_keys_holds_no_content_and_says_how_long_it_may_be_kept(
    settings: Settings, service: Service, tmp_path: Path
) -> None:
    customer = service.customer("noor@customers.example")
    path = tmp_path / "keys"

    manifest = back_up_the_keys(settings, path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert parts_of(path) == ["key_epochs", "service_keys", "wrapped_keys"]
    assert customer.encode() in path.read_bytes()
    kept = datetime.fromisoformat(manifest.keep_until) - datetime.fromisoformat(manifest.made_at)
    assert kept == timedelta(hours=24)


def test_a_backup_is_of_one_moment_while_others_write(
    settings: Settings, service: Service, tmp_path: Path
) -> None:
    customer = service.customer("noor@customers.example")
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            service.say(customer, "hello")

    writer = threading.Thread(target=write)
    writer.start()
    manifests = [back_up(settings, tmp_path / f"backup-{n}") for n in range(3)]
    stop.set()
    writer.join()

    for number, manifest in enumerate(manifests):
        counts = {part.table: part.rows for part in manifest.parts}
        assert counts["turns"] == counts["conversations"]
        with BackupReader(tmp_path / f"backup-{number}") as backup:
            backup.verify(lambda _done: None)
            parts = {part.table: part for part in backup.manifest.parts}
            assert len(list(backup.rows(parts["turns"]))) == counts["turns"]
    assert manifests[-1].rows >= manifests[0].rows


def test_a_backup_is_never_overwritten(
    settings: Settings, service: Service, tmp_path: Path
) -> None:
    path = tmp_path / "backup"
    back_up(settings, path)
    before = path.read_bytes()

    with pytest.raises(InvalidInput, match="is there already"):
        back_up(settings, path)

    assert path.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir() if "backup" in each.name) == ["backup"]


def test_a_backup_that_fails_leaves_no_file(
    settings: Settings, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("assistant.store.backup_file.os.link", fail)
    with pytest.raises(OSError, match="no space"):
        back_up(settings, tmp_path / "backup")

    assert [each.name for each in tmp_path.iterdir() if "backup" in each.name] == []


def test_tables_of_an_older_form_are_not_backed_up(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(ConfigurationError, match="no database to back up"):
        back_up(settings, tmp_path / "backup")
    assert not (tmp_path / "empty.db").exists()
    Service(settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'b.db'}"})).close()
    (tmp_path / "empty.db").touch()

    with pytest.raises(ConfigurationError, match="start it once"):
        back_up(settings, tmp_path / "backup")
