"""A database runs units of work: durable, alone in their failures, readers never in the way."""

import asyncio
import contextlib
import threading

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from tests.integration.store.rows import add, names

from assistant.core.errors import ConfigurationError
from assistant.store.engine import Connection, Database


async def test_what_was_written_is_read_by_everybody(database: Database) -> None:
    assert await database.write(lambda c: add(c, "a")) == "a"
    assert await database.read(names) == ["a"]
    assert database.read_now(names) == ["a"]


async def test_failing_work_undoes_only_itself(database: Database) -> None:
    def fail(connection: Connection) -> None:
        add(connection, "half done")
        raise ValueError("on purpose")

    works = [
        database.write(lambda c: add(c, "before")),
        database.write(fail),
        database.write(lambda c: add(c, "after")),
    ]
    outcomes = await asyncio.gather(*works, return_exceptions=True)

    assert outcomes[0] == "before"
    assert isinstance(outcomes[1], ValueError)
    assert outcomes[2] == "after"
    assert await database.read(names) == ["after", "before"]


async def test_a_broken_constraint_undoes_only_its_own_work(database: Database) -> None:
    await database.write(lambda c: add(c, "taken"))
    works = [database.write(lambda c, n=name: add(c, n)) for name in ("a", "taken", "b")]

    outcomes = await asyncio.gather(*works, return_exceptions=True)

    assert isinstance(outcomes[1], IntegrityError)
    assert await database.read(names) == ["a", "b", "taken"]


async def test_a_reader_sees_one_snapshot_while_others_write(database: Database) -> None:
    started, written = threading.Event(), threading.Event()

    def read_twice(connection: Connection) -> tuple[list[str], list[str]]:
        first = names(connection)
        started.set()
        assert written.wait(10)
        return first, names(connection)

    reading = asyncio.create_task(database.read(read_twice))
    await asyncio.to_thread(started.wait, 10)
    await database.write(lambda c: add(c, "meanwhile"))
    written.set()

    assert await reading == ([], [])
    assert await database.read(names) == ["meanwhile"]


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read.?only"):
        await database.read(lambda c: add(c, "sneaked in"))

    assert await database.read(names) == []


async def test_cancelling_the_caller_keeps_the_database_usable(database: Database) -> None:
    release = threading.Event()

    def slow(connection: Connection) -> None:
        assert release.wait(10)
        add(connection, "slow")

    running = asyncio.create_task(database.write(slow))
    waiting = asyncio.create_task(database.write(lambda c: add(c, "waiting")))
    await asyncio.sleep(0.05)
    for task in (running, waiting):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    release.set()

    await database.write(lambda c: add(c, "later"))
    assert "later" in await database.read(names)


async def test_many_writers_and_readers_at_once(database: Database) -> None:
    async def write_and_read(number: int) -> bool:
        name = f"{number:03}"
        await database.write(lambda c: add(c, name))
        return name in await database.read(names)

    assert all(await asyncio.gather(*(write_and_read(n) for n in range(100))))
    assert len(await database.read(names)) == 100


def test_closing_finishes_what_was_queued(database_url: str) -> None:
    database = Database.open(database_url)

    async def write_and_close() -> None:
        works = [asyncio.create_task(database.write(lambda c, n=n: add(c, str(n)))) for n in "abc"]
        await asyncio.sleep(0)
        await database.close()
        await asyncio.gather(*works)

    asyncio.run(write_and_close())

    again = Database.open(database_url)
    assert again.read_now(names) == ["a", "b", "c"]
    again.close_now()


def test_a_closed_database_refuses_work(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    database.close_now()

    with pytest.raises(RuntimeError, match="closed"):
        database.write_now(lambda c: add(c, "late"))


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://u:secret@host/x", "nonsense", ""]
)
def test_an_unknown_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        Database.open(url)

    assert "secret" not in refusal.value.message
    assert "postgresql://" in refusal.value.message
