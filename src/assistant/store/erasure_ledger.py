"""Reads and writes the erasure ledger; the SQL behind ``adapters.sql_erasure_ledger``.

An entry's hash is SHA-256 over every field, each with its length in front, and the hash of the
entry before it; the chain begins with an empty hash.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from assistant.store.dialects import lock_exclusively
from assistant.store.ledger_tables import LEDGER_ENTRIES, LEDGER_START

_L = LEDGER_ENTRIES
_S = LEDGER_START
_APPEND_LOCK: Final = 7_310_011

_ADD = insert(_L)
_START = select(_S.c.seq, _S.c.entry_hash)
_LAST = select(_L.c.seq, _L.c.entry_hash).order_by(_L.c.seq.desc()).limit(1)
_HASH = select(_L.c.entry_hash).where(_L.c.seq == bindparam("of_seq"))
_ERASED = select(func.max(_L.c.at)).where(
    _L.c.subject_hash == bindparam("subject"), _L.c.kind == "everything"
)
_PARTS = (
    select(_L)
    .where(
        _L.c.subject_hash == bindparam("subject"),
        _L.c.kind.in_(("all_data", "category", "event")),
    )
    .order_by(_L.c.seq)
)
_AFTER = (
    select(_L).where(_L.c.seq > bindparam("after")).order_by(_L.c.seq).limit(bindparam("at_most"))
)
_FIRST_KEPT = select(func.min(_L.c.seq)).where(_L.c.keep_until >= bindparam("now"))
_MOVE_START = update(_S).values(seq=bindparam("to_seq"), entry_hash=bindparam("to_hash"))
_PURGE = delete(_L).where(_L.c.seq <= bindparam("to_seq"))


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One entry as it is stored; times are milliseconds since 1970."""

    kind: str
    customer_hash: bytes
    at: int
    keep_until: int
    subject_hash: bytes | None
    target_hash: bytes | None
    purpose: str | None
    chain_head: bytes | None


@dataclass(frozen=True, slots=True)
class ChainedRow:
    """An entry with its number and what chains it to the one before."""

    seq: int
    row: LedgerRow
    previous_hash: bytes
    entry_hash: bytes

    def fits(self, previous_hash: bytes) -> bool:
        """Whether this entry continues the chain after ``previous_hash`` and was not changed."""
        return self.previous_hash == previous_hash and self.entry_hash == chained_hash(
            self.seq, self.row, previous_hash
        )


class ErasureLedgerRepository:
    """The ledger's tables: append, look up, walk, purge from the oldest end."""

    def append(self, connection: Connection, rows: Sequence[LedgerRow]) -> list[tuple[int, bytes]]:
        """Append rows in order; return each one's number and hash."""
        lock_exclusively(connection, _APPEND_LOCK)
        seq, previous = self.last(connection)
        marks = []
        for row in rows:
            seq += 1
            entry_hash = chained_hash(seq, row, previous)
            connection.execute(_ADD, _values(ChainedRow(seq, row, previous, entry_hash)))
            marks.append((seq, entry_hash))
            previous = entry_hash
        return marks

    def start(self, connection: Connection) -> tuple[int, bytes]:
        """Return number and hash of the newest entry that was let go; (0, b"") at first."""
        row = connection.execute(_START).one()
        return row.seq, bytes(row.entry_hash)

    def last(self, connection: Connection) -> tuple[int, bytes]:
        """Return number and hash of the newest entry, also when it was let go."""
        row = connection.execute(_LAST).one_or_none()
        return self.start(connection) if row is None else (row.seq, bytes(row.entry_hash))

    def find_hash(self, connection: Connection, seq: int) -> bytes | None:
        """Return the hash of one entry that is kept."""
        found = connection.execute(_HASH, {"of_seq": seq}).scalar_one_or_none()
        return None if found is None else bytes(found)

    def erased_since(self, connection: Connection, subject_hash: bytes) -> int | None:
        """Return when everything of a subject was last erased."""
        found = connection.execute(_ERASED, {"subject": subject_hash}).scalar_one()
        return cast("int | None", found)

    def list_parts(self, connection: Connection, subject_hash: bytes) -> list[LedgerRow]:
        """Return what was erased of a subject's events: all data, categories, single ones."""
        rows = connection.execute(_PARTS, {"subject": subject_hash})
        return [_chained(row).row for row in rows]

    def list_after(self, connection: Connection, seq: int, *, limit: int) -> list[ChainedRow]:
        """Return up to ``limit`` entries after number ``seq``, oldest first."""
        values = {"after": seq, "at_most": limit}
        return [_chained(row) for row in connection.execute(_AFTER, values)]

    def find_purgeable(self, connection: Connection, *, now: int) -> tuple[int, bytes] | None:
        """Return number and hash of the newest of the oldest entries whose time has come.

        One entry that must stay keeps all after it, so that the chain has no hole.
        """
        start, _ = self.start(connection)
        last, last_hash = self.last(connection)
        first_kept = connection.execute(_FIRST_KEPT, {"now": now}).scalar_one()
        newest = last if first_kept is None else int(first_kept) - 1
        if newest <= start:
            return None
        return newest, self.find_hash(connection, newest) or last_hash

    def purge(self, connection: Connection, *, now: int) -> int:
        """Delete the oldest entries whose time has come; return how many."""
        lock_exclusively(connection, _APPEND_LOCK)
        found = self.find_purgeable(connection, now=now)
        if found is None:
            return 0
        start, _ = self.start(connection)
        newest, entry_hash = found
        connection.execute(_MOVE_START, {"to_seq": newest, "to_hash": entry_hash})
        connection.execute(_PURGE, {"to_seq": newest})
        return newest - start


def chained_hash(seq: int, row: LedgerRow, previous_hash: bytes) -> bytes:
    """Return the SHA-256 over a row, its number and the hash of the row before it."""
    fields = (
        str(seq).encode(),
        row.kind.encode(),
        row.customer_hash,
        str(row.at).encode(),
        str(row.keep_until).encode(),
        row.subject_hash,
        row.target_hash,
        None if row.purpose is None else row.purpose.encode(),
        row.chain_head,
        previous_hash,
    )
    return hashlib.sha256(b"".join(_framed(field) for field in fields)).digest()


def _framed(field: bytes | None) -> bytes:
    return b"\0" if field is None else b"\1" + len(field).to_bytes(4, "big") + field


def _values(chained: ChainedRow) -> dict[str, Any]:
    row = chained.row
    return {
        "seq": chained.seq,
        "kind": row.kind,
        "customer_hash": row.customer_hash,
        "subject_hash": row.subject_hash,
        "target_hash": row.target_hash,
        "purpose": row.purpose,
        "at": row.at,
        "keep_until": row.keep_until,
        "chain_head": row.chain_head,
        "previous_hash": chained.previous_hash,
        "entry_hash": chained.entry_hash,
    }


def _chained(found: Row[*tuple[Any, ...]]) -> ChainedRow:
    row = LedgerRow(
        kind=found.kind,
        customer_hash=bytes(found.customer_hash),
        at=found.at,
        keep_until=found.keep_until,
        subject_hash=_optional(found.subject_hash),
        target_hash=_optional(found.target_hash),
        purpose=found.purpose,
        chain_head=_optional(found.chain_head),
    )
    return ChainedRow(found.seq, row, bytes(found.previous_hash), bytes(found.entry_hash))


def _optional(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
