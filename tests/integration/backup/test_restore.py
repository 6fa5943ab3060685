"""What a restore refuses, what it leaves as it was, and databases that came back by other means."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.backup_parts import Service, back_up, put_back
from tests.databases import PostgresTemplate
from tests.erasure_home import settings_in
from tests.fakes.clock import SteppableClock
from tests.integration.backup.world import arrive, conversations_of

from assistant.core.erasure import ErasureState
from assistant.core.errors import ConfigurationError
from assistant.profile.consent.grants import Grant, Refusal
from assistant.settings import Settings
from assistant.store.loading import TableLoader
from assistant.store.tables import METADATA

Start = Callable[[], Service]
Copy = Callable[[], Callable[[], None]]
"""Copies a database aside, and returns what puts the copy in its place."""


def test_a_database_that_holds_customers_or_is_in_use_is_left_alone(
    settings: Settings, service: Service, start: Start, tmp_path: Path
) -> None:
    back_up(settings, tmp_path / "empty")
    arrive(service, "ada")
    before = service.rows()

    with pytest.raises(ConfigurationError, match="in use"):
        put_back(settings, tmp_path / "empty", replace=True)
    service.close()
    with pytest.raises(ConfigurationError, match="--replace"):
        put_back(settings, tmp_path / "empty")

    assert start().rows() == before


def test_a_restore_that_fails_on_the_way_changes_nothing(
    settings: Settings,
    service: Service,
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arrive(service, "ada")
    back_up(settings, tmp_path / "backup")
    service.customer("later@mail.example")
    before = service.rows()
    service.close()

    def fail(_: TableLoader) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(TableLoader, "finish", fail)
        with pytest.raises(OSError, match="no space"):
            put_back(settings, tmp_path / "backup", replace=True)

    assert start().rows() == before


def test_what_a_backup_has_carried_out_is_not_carried_out_again(
    settings: Settings,
    service: Service,
    start: Start,
    clock: SteppableClock,
    tmp_path: Path,
) -> None:
    ada, ben, cleo = (arrive(service, name) for name in ("ada", "ben", "cleo"))
    service.erase(ada.customer_id, "category", "browsing")
    service.work()
    service.send(ada.subject, "a chair")  # after the erasure
    service.decide(ben.customer_id, "withdrawn")
    service.decide(ben.customer_id, "given")  # after the withdrawal, in the same millisecond
    service.erase(cleo.customer_id, "all_data")  # under way, and in somebody's hands
    held = update(METADATA.tables["erasures"]).values(lease_owner="process 1", lease_until=2**50)
    service.database.write_now(lambda c: c.execute(held))
    back_up(settings, tmp_path / "later")
    service.close()

    restored = put_back(settings, tmp_path / "later", replace=True)

    assert (restored.replayed.entries, restored.left_out.total()) == (0, 0)
    service = start()
    assert len(service.event_ids(ada.customer_id)) == 1
    assert isinstance(service.authorize(ben.customer_id), Grant)
    assert service.event_ids(cleo.customer_id) == []
    assert conversations_of(service, cleo.customer_id) == []
    states = {row["state"] for row in service.rows()["erasures"]}
    assert states <= {ErasureState.PHYSICALLY_VERIFIED, ErasureState.BACKUP_FINAL}


@pytest.fixture
def copy(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Copy]:
    """Copies the test's database as a file system or a server does, with no command of ours."""
    if database_url.startswith("sqlite"):
        yield lambda: copy_file(Path(database_url.removeprefix("sqlite:///")), tmp_path / "copied")
        return
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    name = database_url.rpartition("/")[2]
    aside = f"{name}_copy"

    def rename() -> None:
        template.drop(name)
        template._run(f"ALTER DATABASE {aside} RENAME TO {name}")

    def create() -> Callable[[], None]:
        template._run(f"CREATE DATABASE {aside} TEMPLATE {name}")
        return rename

    yield create
    template.drop(aside)


def copy_file(file: Path, aside: Path) -> Callable[[], None]:
    shutil.copyfile(file, aside)

    def put() -> None:
        for journal in ("-wal", "-shm"):
            file.with_name(file.name + journal).unlink(missing_ok=True)
        shutil.copyfile(aside, file)

    return put


def test_a_database_that_was_copied_back_is_brought_up_to_date_before_it_is_used(
    start: Start, clock: SteppableClock, copy: Copy
) -> None:
    service = start()
    ada, ben = arrive(service, "ada"), arrive(service, "ben")
    service.close()
    put_copy_in_place = copy()
    clock.advance(minutes=1)
    service = start()
    service.decide(ada.customer_id, "withdrawn")
    service.erase(ada.customer_id, "category", "browsing")
    service.erase(ben.customer_id, "everything")
    service.work()
    service.close()
    put_copy_in_place()

    service = start()
    assert service.find(ben.subject) == ben.customer_id
    replayed = service.catching_up.run()

    assert replayed is not None
    assert replayed.done["category"] == 1
    assert service.event_ids(ada.customer_id) == []
    assert isinstance(service.authorize(ada.customer_id), Refusal)
    assert service.find(ben.subject) is None
    assert service.catching_up.run() is None


def test_a_copy_from_the_middle_of_an_erasure_that_was_finished_since_can_be_used(
    start: Start, copy: Copy
) -> None:
    service = start()
    ada = arrive(service, "ada")
    service.erase(ada.customer_id, "item", ada.events[0])
    service.close()
    put_copy_in_place = copy()
    service = start()
    service.work()  # and the data key that everything in the copy is sealed under is gone
    service.close()
    put_copy_in_place()

    service = start()
    assert service.catching_up.run() is not None
    assert service.event_ids(ada.customer_id) == []
    assert service.find(ada.subject) == ada.customer_id
    service.send(ada.subject, "a chair")
    service.index(ada.customer_id)
    assert len(service.indexed(ada.customer_id)) == 1
    assert service.catching_up.run() is None


def test_somebody_who_came_back_under_another_id_is_known_in_an_abandoned_copy(
    tmp_path: Path, sqlite_url: str, clock: SteppableClock
) -> None:
    """The company's own id says who it is, where a copy knows them by another internal id."""
    settings = settings_in(tmp_path, sqlite_url)
    service = Service(settings, clock)
    back_up(settings, tmp_path / "before")
    ada, ben = arrive(service, "ada"), arrive(service, "ben")
    back_up(settings, tmp_path / "abandoned")
    clock.advance(minutes=1)
    service.close()
    put_back(settings, tmp_path / "before", replace=True)
    service = Service(settings, clock)
    again, gone = arrive(service, "ada"), arrive(service, "ben")
    assert (again.customer_id, gone.customer_id) != (ada.customer_id, ben.customer_id)
    service.decide(again.customer_id, "withdrawn")
    service.erase(gone.customer_id, "everything")
    service.close()

    put_back(settings, tmp_path / "abandoned", replace=True)

    service = Service(settings, clock)
    assert service.find(ada.subject) == ada.customer_id
    assert isinstance(service.authorize(ada.customer_id), Refusal)
    assert service.find(ben.subject) is None
    assert service.event_ids(ben.customer_id) == []
    service.close()


def test_sqlite_keeps_nothing_of_what_was_replaced(
    tmp_path: Path, sqlite_url: str, clock: SteppableClock
) -> None:
    settings = settings_in(tmp_path, sqlite_url)
    service = Service(settings, clock)
    back_up(settings, tmp_path / "empty")
    ada = arrive(service, "ada")
    hashed = service.stores.vault.external_hash(ada.subject)
    service.close()

    put_back(settings, tmp_path / "empty", replace=True)

    file = Path(sqlite_url.removeprefix("sqlite:///"))
    for path in (file, file.with_name(file.name + "-wal")):
        content = path.read_bytes() if path.exists() else b""
        assert hashed not in content
        assert ada.customer_id.encode() not in content
    assert sqlite3.connect(file).execute("PRAGMA integrity_check").fetchone() == ("ok",)
