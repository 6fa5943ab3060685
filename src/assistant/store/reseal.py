"""Seals what a customer keeps under a new data key, so that the old one can be destroyed.

First the fence moves: from then on nothing new is sealed under an older key, in any process. Then
every table of the catalogue is walked in the order of its key, a small chunk a transaction, because
SQLite has one writer. A value that changed meanwhile is left alone: the fence saw to its key. A
walk that found nothing to do, from the first table to the last, is the proof that none is left.
"""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, RowMapping, bindparam, select, update

from assistant.core.errors import KeyUnavailable, NotFound, SealBroken, StaleDataKey
from assistant.store.event_hashes import EventContent, content_hash_of
from assistant.store.sealed_tables import OUTDATED, SealedTable, sealed_tables
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.customers import CustomerRow
from assistant.vault.envelope import SHUT, number_of
from assistant.vault.vault import Vault

_C = table_of(CustomerRow)
_OF = _C.c.customer_id == bindparam("of_customer")
_FENCE = select(_C.c.sealing).where(_OF)
_HELD_FENCE = _FENCE.with_for_update(read=True)  # SQLite leaves it out: its one writer is alone
_MOVE = update(_C).where(_OF).values(sealing=bindparam("header"))
_TABLES: Final = sealed_tables()

_MAX_BYTES: Final = 1 << 18
"""Sealed bytes in one chunk, unless one value alone is larger."""

_LOOKED_AT: Final = 8
"""Rows that a chunk looks at for each that it may seal anew."""


@dataclass(slots=True)
class _Walk:
    """How far a customer's tables were walked for ``header``, and whether there was work."""

    header: bytes
    table: int = 0
    after: tuple[Any, ...] | None = None
    found: bool = False


@dataclass(slots=True)
class _Chunk:
    """What may still be done in this transaction."""

    values: int
    rows: int
    room: int = _MAX_BYTES
    empty: bool = True

    @property
    def full(self) -> bool:
        """Whether the next chunk must go on."""
        return min(self.values, self.rows, self.room) <= 0

    def takes(self, size: int) -> bool:
        """Whether ``size`` more sealed bytes fit; alone, everything does."""
        return self.empty or size <= self.room


class CustomerReseal:
    """Moves customers' sealed values to their current data key, a chunk at a time.

    How far it came is kept in memory only; another process, or this one after a transaction was
    undone, finds what is left by walking again.
    """

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault
        self._walks: dict[str, _Walk] = {}

    def move_fence(self, connection: Connection, customer_id: str) -> bytes:
        """Refuse values under earlier keys than the current from now on; return its header.

        Waits for the writes that are under way for this customer.

        Raises:
            NotFound: there is no such customer (any more).
            KeyUnavailable: their keys are destroyed.
        """
        found = connection.execute(_FENCE.with_for_update(), {"of_customer": customer_id})
        standing = _known(found.scalar_one_or_none())
        header = self._vault.header(customer_id)
        if standing != SHUT:
            header = max(header, standing)
        connection.execute(_MOVE, {"of_customer": customer_id, "header": header})
        return header

    def step(self, connection: Connection, customer_id: str, *, limit: int = 32) -> int:
        """Seal at most ``limit`` values anew; return 0 when none is left, else at least 1.

        What does not open (its key is gone already, or it was tampered with) is left as it is.

        Raises:
            NotFound: there is no such customer (any more).
            StaleDataKey: nothing may be sealed for them (``SHUT``); move the fence first.
        """
        header = self._held_fence(connection, customer_id)
        walk = self._walks.get(customer_id)
        if walk is None or walk.header != header:
            walk = self._walks[customer_id] = _Walk(header)
        chunk = _Chunk(values=limit, rows=limit * _LOOKED_AT)
        while not chunk.full:
            if walk.table < len(_TABLES):
                self._walk_page(connection, customer_id, walk, chunk)
            elif walk.found:
                walk = self._walks[customer_id] = _Walk(header)
            else:
                del self._walks[customer_id]
                return 0
        return 1

    def remaining(self, connection: Connection, customer_id: str) -> int:
        """Count the values under an older key than the fence asks for; looks at every row."""
        found = connection.execute(_FENCE, {"of_customer": customer_id})
        values = {"of_customer": customer_id, "header": _known(found.scalar_one_or_none())}
        return sum(sum(connection.execute(table.count, values).one()) for table in _TABLES)

    def _held_fence(self, connection: Connection, customer_id: str) -> bytes:
        found = connection.execute(_HELD_FENCE, {"of_customer": customer_id})
        header = _known(found.scalar_one_or_none())
        if header == SHUT:
            raise StaleDataKey("nothing may be sealed for this customer now", retry_after=1)
        return header

    def _walk_page(
        self, connection: Connection, customer_id: str, walk: _Walk, chunk: _Chunk
    ) -> None:
        """Go on in one table until its end, or until the chunk is full."""
        table = _TABLES[walk.table]
        at_most = min(chunk.rows, chunk.values)
        values = {"of_customer": customer_id, "header": walk.header, "at_most": at_most}
        if walk.after is None:
            rows = connection.execute(table.page, values).mappings().all()
        else:
            after = {f"after_{n}": value for n, value in enumerate(walk.after)}
            rows = connection.execute(table.next_page, values | after).mappings().all()
        for row in rows:
            size = sum(len(row[OUTDATED + column] or b"") for column in table.places)
            if chunk.full or not chunk.takes(size):
                chunk.room = 0
                return
            chunk.rows -= 1
            walk.after = tuple(row[name] for name in table.key)
            self._reseal_row(connection, customer_id, table, row, walk, chunk)
        if len(rows) < at_most or not table.key:
            walk.table, walk.after = walk.table + 1, None

    def _reseal_row(
        self,
        connection: Connection,
        customer_id: str,
        table: SealedTable,
        row: RowMapping,
        walk: _Walk,
        chunk: _Chunk,
    ) -> None:
        for column, place in table.places.items():
            old = row[OUTDATED + column]
            if old is None:
                continue
            changed = self._resealed(customer_id, table.name, place, row, bytes(old))
            chunk.values -= 1
            chunk.room -= len(old)
            chunk.empty = False
            if changed is None:
                continue
            walk.found = True
            key = {f"of_{name}": row[name] for name in table.key}
            values = {"of_customer": customer_id, **key, "old": old, **changed}
            connection.execute(table.replace[column], values)

    def _resealed(
        self, customer_id: str, table: str, place: str, row: RowMapping, old: bytes
    ) -> dict[str, bytes] | None:
        """Return what replaces ``old``, and the hash that goes with it; None if it is shut."""
        at = place.format_map(row)
        try:
            content = self._vault.open(customer_id, table, at, old)
        except (KeyUnavailable, SealBroken):
            return None
        new = {"new": self._vault.seal(customer_id, table, at, content)}
        if table == "events":
            event = orjson.loads(content)
            hashed = EventContent(event["type"], row["time"], event["data"])
            new["new_hash"] = content_hash_of(
                self._vault, customer_id, hashed, number=number_of(new["new"])
            )
        return new


def _known(header: bytes | None) -> bytes:
    if header is None:
        raise NotFound("there is no such customer")
    return bytes(header)
