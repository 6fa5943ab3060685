"""What intake counts and where imports stopped; nothing about a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import Connection, bindparam, delete, select

from assistant.core.clock import to_epoch_ms
from assistant.store.dialects import Upsert
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.intake import IntakeProgressRow, IntakeRefusalRow

_R = table_of(IntakeRefusalRow)
_P = table_of(IntakeProgressRow)
_COUNT = Upsert(_R, keys=["day", "category", "code"], add=["count"])
_LIST = select(_R).order_by(_R.c.day.desc(), _R.c.category, _R.c.code)
_SAVE = Upsert(_P, keys=["file_hash"], replace=["line", "updated_at"])
_OF = _P.c.file_hash == bindparam("of_file")
_FIND = select(_P.c.line).where(_OF)
_REMOVE = delete(_P).where(_OF)


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How many events were refused on a day (``2026-03-01``), by category and code."""

    day: str
    category: str
    code: str
    count: int


class IntakeStateRepository:
    """Counts refusals and remembers the progress of imports."""

    def count_refusals(
        self, connection: Connection, *, category: str, code: str, count: int, at: datetime
    ) -> None:
        """Add ``count`` to the day's refusals.

        ``category`` is one of the pack's, or a fixed word for what the pack does not know; what a
        sender wrote does not belong here.
        """
        day = at.astimezone(UTC).date().isoformat()
        values = {"day": day, "category": category, "code": code, "count": count}
        connection.execute(_COUNT.on(connection), values)

    def list_refusals(self, connection: Connection) -> Sequence[RefusalCount]:
        """Return all counts, newest day first."""
        rows = connection.execute(_LIST)
        return [RefusalCount(*row) for row in rows]

    def save_progress(
        self, connection: Connection, file_hash: str, *, line: int, at: datetime
    ) -> None:
        """Remember that the file was imported up to and including ``line``."""
        values = {"file_hash": file_hash, "line": line, "updated_at": to_epoch_ms(at)}
        connection.execute(_SAVE.on(connection), values)

    def find_progress(self, connection: Connection, file_hash: str) -> int | None:
        """Return the last line of the file that was imported, or None for an unknown file."""
        found = connection.execute(_FIND, {"of_file": file_hash})
        return cast("int | None", found.scalar_one_or_none())

    def remove_progress(self, connection: Connection, file_hash: str) -> None:
        """Forget a file, so that it is imported from its start again."""
        connection.execute(_REMOVE, {"of_file": file_hash})
