"""Run as a process by ``test_crash``: writes for ever and prints each row once it is durable."""

import asyncio
import sys
from itertools import count

from sqlalchemy import text

from assistant.store.engine import Connection, Database

ADD = text("INSERT INTO intake_progress (file_hash, line, updated_at) VALUES (:name, 1, 0)")


async def write_for_ever(database: Database, writer: int) -> None:
    """Write one row after another and acknowledge each."""

    def add(connection: Connection, name: str) -> None:
        connection.execute(ADD, {"name": name})

    for number in count():
        name = f"{writer}-{number}"
        await database.write(lambda c, n=name: add(c, n))
        sys.stdout.write(name + "\n")
        sys.stdout.flush()


async def main(url: str) -> None:
    """Write with eight writers at once until somebody kills this process."""
    database = Database.open(url)
    await asyncio.gather(*(write_for_ever(database, writer) for writer in range(8)))


asyncio.run(main(sys.argv[1]))
