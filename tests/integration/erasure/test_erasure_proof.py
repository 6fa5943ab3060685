"""When an erasure counts as proven: files, readers that hold on, keys in PostgreSQL, rotations."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.databases import PostgresTemplate
from tests.erasure_home import Home, settings_in

from assistant.core.erasure import ErasureState
from assistant.store.engine import Connection
from assistant.store.live_files import LiveFiles
from assistant.vault.rotation import rotate_key_file

ADA = "ada@customers.example"


def moved(home: Home, **step: float) -> None:
    home.clock.advance(**step)  # type: ignore[attr-defined]


@pytest.fixture
def sqlite_home(tmp_path: Path, sqlite_url: str) -> Iterator[Home]:
    home = Home(settings_in(tmp_path, sqlite_url))
    yield home
    home.close()


@pytest.fixture
def postgres_keys(
    tmp_path: Path, sqlite_url: str, postgres_template: PostgresTemplate
) -> Iterator[Home]:
    """A home whose keys lie in PostgreSQL, where deleted rows stay readable for a while."""
    name = postgres_template.create_empty()
    settings = settings_in(tmp_path, sqlite_url)
    home = Home(settings.model_copy(update={"keys_url": postgres_template.url(name)}))
    yield home
    home.close()
    postgres_template.drop(name)


def test_a_reader_that_holds_on_is_waited_for_and_named(
    sqlite_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = sqlite_home
    ada = home.customer(ADA)
    home.say(ada, "Hello")
    let_go, reading = threading.Event(), threading.Event()

    def read(connection: Connection) -> None:
        connection.execute(text("SELECT count(*) FROM turns")).scalar_one()
        reading.set()
        let_go.wait(30)

    requested = home.erase(ada, "everything")
    reader = threading.Thread(target=lambda: home.database.read_now(read))
    reader.start()
    reading.wait(10)
    try:
        home.engine.run_once()
        waiting = home.find(ada, requested)
        assert waiting.state is ErasureState.ROWS_PURGED
        assert waiting.problem == "database_busy"
        assert waiting.next_at is not None
    finally:
        let_go.set()
        reader.join()
    moved(home, seconds=5)
    home.work()

    assert home.find(ada, requested).state is ErasureState.PHYSICALLY_VERIFIED
    assert home.find(ada, requested).problem is None


def test_a_sample_that_is_still_there_is_no_proof(
    sqlite_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = sqlite_home
    ada = home.customer(ADA)
    home.say(ada, "Hello")
    requested = home.erase(ada, "everything")
    monkeypatch.setattr(LiveFiles, "find", lambda _self, pieces: frozenset({len(pieces) - 1}))

    home.engine.run_once()

    found = home.find(ada, requested)
    assert (found.state, found.problem) == (ErasureState.ROWS_PURGED, "found_in_files")
    assert found.samples is not None, "they are looked for again"


def test_samples_are_there_before_and_gone_afterwards(sqlite_home: Home) -> None:
    home = sqlite_home
    ada = home.customer(ADA)
    home.say(ada, "Hello")
    files = LiveFiles.of(home.settings.resolved_database_url(), home.settings.resolved_keys_url())
    requested = home.erase(ada, "everything")
    erasure = home.find(ada, requested)
    pieces = home.erasing.parts.samples.unpack(ada, erasure.erasure_id, erasure.samples)

    assert len(pieces) >= 3
    assert files.find(pieces) == set(range(len(pieces))), "so the search can find them"
    home.work()
    assert files.find(pieces) == frozenset()


def test_keys_in_postgresql_need_a_rotation_for_the_proof(postgres_keys: Home) -> None:
    home = postgres_keys
    ada = home.customer(ADA)
    home.say(ada, "Hello")
    requested = home.erase(ada, "everything")

    for _ in range(3):
        home.engine.run_once()
        moved(home, minutes=2)
    waiting = home.find(ada, requested)
    assert (waiting.state, waiting.problem) == (ErasureState.ROWS_PURGED, None)

    rotate_key_file(home.stores.keys, home.settings.resolved_key_file())
    home.engine.run_once()

    done = home.find(ada, requested)
    assert done.state is ErasureState.BACKUP_FINAL, "no older copy of the keys unwraps it either"


def test_a_rotation_of_keys_ends_the_wait_for_old_copies(sqlite_home: Home) -> None:
    home = sqlite_home
    ada = home.customer(ADA)
    requested = home.erase(ada, "everything")
    home.work()
    moved(home, minutes=2)
    home.engine.run_once()
    assert home.find(ada, requested).state is ErasureState.PHYSICALLY_VERIFIED

    rotate_key_file(home.stores.keys, home.settings.resolved_key_file())
    moved(home, minutes=2)
    home.engine.run_once()

    assert home.find(ada, requested).state is ErasureState.BACKUP_FINAL


def test_without_a_rotation_copies_of_keys_are_waited_for(sqlite_home: Home) -> None:
    home = sqlite_home
    ada = home.customer(ADA)
    requested = home.erase(ada, "everything")
    home.work()

    moved(home, hours=23)
    home.engine.run_once()
    assert home.find(ada, requested).state is ErasureState.PHYSICALLY_VERIFIED
    moved(home, hours=1, seconds=1)
    home.engine.run_once()

    done = home.find(ada, requested)
    assert done.state is ErasureState.BACKUP_FINAL
    assert done.backup_final_at is not None
    assert done.backup_final_at - done.requested_at >= timedelta(hours=24)
