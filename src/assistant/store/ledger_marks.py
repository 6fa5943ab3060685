"""Marks of the ledger entries that this database has carried out, and how complete they are."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, select, true, update

from assistant.store.dialects import Upsert
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.ledger_marks import LedgerMarkRow

_M = table_of(LedgerMarkRow)
_ADD = Upsert(_M, keys=["seq"])
_BASE = select(func.coalesce(func.max(_M.c.seq), 0)).where(_M.c.and_below == true())
_LAST = select(_M.c.seq, _M.c.entry_hash).order_by(_M.c.seq.desc()).limit(1)
_COUNT = select(func.count()).where(
    _M.c.seq >= bindparam("from_seq"), _M.c.seq <= bindparam("to_seq")
)
_MARKED = select(_M.c.seq).where(_M.c.seq > bindparam("of_seq"))
_STAND_FOR_ALL = update(_M).where(_M.c.seq == bindparam("of_seq")).values(and_below=True)
_PRUNE = delete(_M).where(_M.c.seq < bindparam("of_seq"))
_CLEAR = delete(_M)


@dataclass(frozen=True, slots=True)
class MarkExtent:
    """Up to which number everything was carried out, and the highest number that is marked."""

    base: int
    last: int
    last_hash: bytes


class LedgerMarkRepository:
    """Keeps a mark for each entry that was carried out."""

    def add_marks(self, connection: Connection, marks: Mapping[int, bytes]) -> bool:
        """Mark entries by number and hash; those that are marked stay as they are.

        Returns whether all of them were new.
        """
        rows = [
            {"seq": seq, "entry_hash": hashed.hex(), "and_below": False}
            for seq, hashed in marks.items()
        ]
        added = connection.execute(_ADD.on(connection), rows).rowcount if rows else 0
        return added == len(rows)

    def mark_up_to(self, connection: Connection, seq: int, entry_hash: bytes) -> None:
        """Mark everything up to entry ``seq`` by one mark, and let go of those below it."""
        self.add_marks(connection, {seq: entry_hash})
        connection.execute(_STAND_FOR_ALL, {"of_seq": seq})
        connection.execute(_PRUNE, {"of_seq": seq})

    def find_extent(self, connection: Connection) -> MarkExtent | None:
        """Return what is marked, None where nothing is."""
        newest = connection.execute(_LAST).one_or_none()
        if newest is None:
            return None
        base = connection.execute(_BASE).scalar_one()
        return MarkExtent(base, newest.seq, bytes.fromhex(newest.entry_hash))

    def list_marked(self, connection: Connection, *, after: int) -> frozenset[int]:
        """Return the numbers above ``after`` that have a mark."""
        rows = connection.execute(_MARKED, {"of_seq": after})
        return frozenset(rows.scalars())

    def count_marks(self, connection: Connection, *, first: int, last: int) -> int:
        """Return how many numbers from ``first`` to ``last`` have a mark of their own."""
        return connection.execute(_COUNT, {"from_seq": first, "to_seq": last}).scalar_one()

    def clear(self, connection: Connection) -> None:
        """Forget every mark, because the ledger they belong to is lost."""
        connection.execute(_CLEAR)
