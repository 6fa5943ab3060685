"""A row to write and read where only the engine matters."""

from sqlalchemy import text

from assistant.store.engine import Connection

ADD = text("INSERT INTO intake_progress (file_hash, line, updated_at) VALUES (:name, :line, 0)")
LINES = text("SELECT file_hash, line FROM intake_progress ORDER BY file_hash")


def add(connection: Connection, name: str, line: int = 1) -> str:
    """Write one row and return its name."""
    connection.execute(ADD, {"name": name, "line": line})
    return name


def names(connection: Connection) -> list[str]:
    """Return the names of all rows, sorted."""
    return [row.file_hash for row in connection.execute(LINES)]
