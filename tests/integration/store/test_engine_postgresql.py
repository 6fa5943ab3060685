"""What is PostgreSQL's own: servers that do not answer, lost connections, deadlocks."""

import asyncio
import threading

import pytest
from sqlalchemy import text
from tests.databases import PostgresTemplate
from tests.integration.store.rows import LINES, add, names

from assistant.core.errors import Overloaded
from assistant.store.engine import Connection, Database


async def test_postgresql_that_does_not_answer_is_an_overload() -> None:
    pytest.importorskip("psycopg")
    database = Database.open("postgresql://nobody:secret@127.0.0.1:1/none")

    with pytest.raises(Overloaded) as refusal:
        await database.read(names)

    assert "secret" not in refusal.value.message
    await database.close()


async def test_postgresql_work_survives_a_lost_connection(
    postgresql_url: str, postgres_template: PostgresTemplate
) -> None:
    database = Database.open(postgresql_url, pool_size=1)
    other = Database.open(postgresql_url, pool_size=1)
    await database.write(lambda c: add(c, "before"))
    assert await database.read(names) == ["before"]

    await other.write(
        lambda c: c.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).all()
    )

    assert await database.read(names) == ["before"]
    await database.write(lambda c: add(c, "after"))
    assert await database.read(names) == ["after", "before"]
    for opened in (database, other):
        await opened.close()


async def test_postgresql_work_that_deadlocks_runs_again(postgresql_url: str) -> None:
    database = Database.open(postgresql_url, pool_size=2)
    for name in ("a", "b"):
        await database.write(lambda c, n=name: add(c, n))
    both_hold_one = threading.Barrier(2)
    change = text("UPDATE intake_progress SET line = line + 1 WHERE file_hash = :name")

    def crosswise(first: str, second: str) -> None:
        runs = iter([True])

        def work(connection: Connection) -> None:
            connection.execute(change, {"name": first})
            if next(runs, False):
                both_hold_one.wait(10)
            connection.execute(change, {"name": second})

        database.write_now(work)

    await asyncio.gather(
        asyncio.to_thread(crosswise, "a", "b"), asyncio.to_thread(crosswise, "b", "a")
    )

    lines = await database.read(lambda c: [row.line for row in c.execute(LINES)])
    assert lines == [3, 3]
    await database.close()
