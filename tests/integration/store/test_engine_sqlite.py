"""What is SQLite's own: one writer that commits for many, other processes, private files."""

import asyncio
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.store.rows import add, names

from assistant.core.errors import Overloaded
from assistant.store import dialects
from assistant.store.engine import Connection, Database
from assistant.store.group_commit import GroupCommitWriter


@pytest.fixture
def two_databases(sqlite_url: str) -> Iterator[tuple[Database, Database]]:
    """One SQLite file opened twice, as a server and an import beside it would."""
    databases = Database.open(sqlite_url), Database.open(sqlite_url)
    yield databases
    for database in databases:
        database.close_now()


def test_another_process_that_leaves_does_not_take_the_log_along(
    sqlite_url: str, tmp_path: Path
) -> None:
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
        "rows = c.execute('SELECT file_hash FROM intake_progress ORDER BY 1').fetchall(); "
        "print([name for (name,) in rows]); c.close()"
    )
    path = sqlite_url.removeprefix("sqlite:///")

    def seen_by_another_process() -> str:
        run = subprocess.run(
            [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    database = Database.open(sqlite_url)
    try:
        database.write_now(lambda c: add(c, "before"))
        first = seen_by_another_process()
        database.write_now(lambda c: add(c, "after"))
        second = seen_by_another_process()
    finally:
        database.close_now()

    assert first == "['before']"
    assert second == "['after', 'before']"


async def test_sqlite_waits_for_another_process_that_writes(
    two_databases: tuple[Database, Database],
) -> None:
    async def write(database: Database, start: int) -> None:
        for number in range(start, start + 50):
            await database.write(lambda c, n=number: add(c, f"{n:03}"))

    await asyncio.gather(write(two_databases[0], 0), write(two_databases[1], 500))

    assert len(await two_databases[0].read(names)) == 100


def test_sqlite_held_too_long_by_another_process_is_an_overload(
    two_databases: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, sqlite_url: str
) -> None:
    monkeypatch.setattr(dialects, "BUSY_TIMEOUT_S", 0.05)
    impatient = Database.open(sqlite_url)
    held, release = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        add(connection, "held")
        held.set()
        assert release.wait(10)

    holding = threading.Thread(target=lambda: two_databases[0].write_now(hold))
    holding.start()
    assert held.wait(10)
    with pytest.raises(Overloaded, match="another process"):
        impatient.write_now(lambda c: add(c, "refused"))
    release.set()
    holding.join()

    impatient.write_now(lambda c: add(c, "afterwards"))
    assert impatient.read_now(names) == ["afterwards", "held"]
    impatient.close_now()


def test_sqlite_commits_waiting_work_together(sqlite_url: str) -> None:
    writer = GroupCommitWriter(dialects.sqlite_engine(dialects.parse_url(sqlite_url), writer=True))
    release, transactions = threading.Event(), set[int]()

    def note(connection: Connection) -> None:
        transactions.add(id(connection.get_transaction()))

    def hold(connection: Connection) -> None:
        note(connection)
        assert release.wait(10)

    futures = [writer.submit(hold)] + [writer.submit(note) for _ in range(20)]
    release.set()
    for future in futures:
        future.result(10)
    writer.close()

    assert len(transactions) == 1


def test_sqlite_work_that_ends_the_transaction_fails_and_spares_later_work(
    sqlite_database: Database,
) -> None:
    with pytest.raises(RuntimeError, match="ended the transaction"):
        sqlite_database.write_now(lambda c: c.exec_driver_sql("COMMIT"))

    sqlite_database.write_now(lambda c: add(c, "later"))
    assert sqlite_database.read_now(names) == ["later"]


def test_sqlite_refuses_a_write_within_a_write(sqlite_database: Database) -> None:
    with pytest.raises(RuntimeError, match="cannot start another write"):
        sqlite_database.write_now(lambda _: sqlite_database.write_now(names))


def test_sqlite_refuses_more_than_its_queue_holds(sqlite_url: str) -> None:
    engine = dialects.sqlite_engine(dialects.parse_url(sqlite_url), writer=True)
    writer = GroupCommitWriter(engine, queue_limit=2)
    started, release = threading.Event(), threading.Event()

    def hold(connection: Connection) -> bool:
        del connection
        started.set()
        return release.wait(10)

    first = writer.submit(hold)
    started.wait(10)
    waiting = [writer.submit(names) for _ in range(2)]

    with pytest.raises(Overloaded):
        writer.submit(names)

    release.set()
    assert first.result(10)
    assert [future.result(10) for future in waiting] == [[], []]
    writer.close()


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1), ("foreign_keys", 1)],
)
def test_sqlite_writes_durably_and_deletes_for_good(
    sqlite_database: Database, pragma: str, expected: object
) -> None:
    def ask(connection: Connection) -> object:
        return connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()

    assert sqlite_database.write_now(ask) == expected


def test_sqlite_files_are_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "assistant.db"
    database = Database.open(f"sqlite:///{path}")
    database.migrate()

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    database.close_now()
