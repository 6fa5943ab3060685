"""One sealed block per customer with the vectors and texts of their history.

Only ``retrieval.history_reader`` (for use, with a grant) and the indexing worker import this.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, bindparam, delete, select, update

from assistant.core.ids import CustomerId
from assistant.store.dialects import Upsert
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.history import HistoryBlockRow, IndexingRow
from assistant.vault.vault import Vault

_B = table_of(HistoryBlockRow)
_Q = table_of(IndexingRow)
_OF = _B.c.customer_id == bindparam("of_customer")
_FIND = select(_B).where(_OF)
_VERSION = select(_B.c.version).where(_OF)
_ADD = Upsert(_B, keys=["customer_id"])
_REPLACE = (
    update(_B)
    .where(_OF, _B.c.version == bindparam("expected"))
    .values({name: bindparam(f"new_{name}") for name in ("version", "embedder", "covers", "items")})
    .values(sealed=bindparam("new_sealed"))
)
_OTHER_EMBEDDER = select(_B.c.customer_id).where(_B.c.embedder != bindparam("current"))
_WAITING = select(_Q).order_by(_Q.c.customer_id).limit(bindparam("at_most"))
_OWN_WAITING = select(_Q).where(_Q.c.customer_id == bindparam("of_customer"))
_DONE = delete(_Q).where(
    _Q.c.customer_id == bindparam("of_customer"), _Q.c.ticket == bindparam("of_ticket")
)
_QUEUE = Upsert(_Q, keys=["customer_id"], add=["ticket"])


@dataclass(frozen=True, slots=True)
class HistoryBlock:
    """A packed block, opened; ``covers`` is the highest event id in it, ``items`` their number."""

    version: int
    embedder: str
    covers: str
    items: int
    packed: bytes


def first_version() -> int:
    """Return a number to begin with, other than any that was there before.

    A block that was dropped and is made anew must not pass for the old one in a process that still
    holds that one opened.
    """
    return 1 + secrets.randbelow(2**30)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A customer whose block is behind their events, as of ``ticket``."""

    customer_id: CustomerId
    ticket: int


class HistoryBlockRepository:
    """Reads and replaces blocks, and keeps the list of customers whose block is behind."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def find_block(self, connection: Connection, customer_id: str) -> HistoryBlock | None:
        """Return the customer's block, opened."""
        row = connection.execute(_FIND, {"of_customer": customer_id}).one_or_none()
        if row is None:
            return None
        packed = self._vault.open(customer_id, _B.name, str(row.version), row.sealed)
        return HistoryBlock(row.version, row.embedder, row.covers, row.items, packed)

    def find_version(self, connection: Connection, customer_id: str) -> int | None:
        """Return the version of the customer's block, so that an opened one can be kept."""
        found = connection.execute(_VERSION, {"of_customer": customer_id})
        return cast("int | None", found.scalar_one_or_none())

    def save_block(
        self,
        connection: Connection,
        customer_id: str,
        block: HistoryBlock,
        *,
        first: bool | None = None,
    ) -> bool:
        """Store ``block`` in place of version ``block.version - 1``, or where there is none yet.

        ``first`` says that there is none; left out, version 1 says so. Returns False, and changes
        nothing, when another worker was first.
        """
        values = {
            "version": block.version,
            "embedder": block.embedder,
            "covers": block.covers,
            "items": block.items,
            "sealed": self._vault.seal(customer_id, _B.name, str(block.version), block.packed),
        }
        if block.version == 1 if first is None else first:
            added = connection.execute(_ADD.on(connection), {"customer_id": customer_id, **values})
            return added.rowcount == 1
        new = {f"new_{name}": value for name, value in values.items()}
        where = {"of_customer": customer_id, "expected": block.version - 1}
        return connection.execute(_REPLACE, {**new, **where}).rowcount == 1

    def list_waiting(self, connection: Connection, *, limit: int) -> Sequence[Waiting]:
        """Return customers whose events changed since their block was packed."""
        rows = connection.execute(_WAITING, {"at_most": limit})
        return [Waiting(row.customer_id, row.ticket) for row in rows]

    def find_waiting(self, connection: Connection, customer_id: str) -> Waiting | None:
        """Return the customer's place on the list, or None if their block is up to date."""
        row = connection.execute(_OWN_WAITING, {"of_customer": customer_id}).one_or_none()
        return None if row is None else Waiting(row.customer_id, row.ticket)

    def settle(self, connection: Connection, waiting: Waiting) -> None:
        """Take a customer off the list, unless more events came after ``waiting`` was read.

        Call it in the transaction that saves the block; read the events after ``list_waiting``.
        """
        values = {"of_customer": waiting.customer_id, "of_ticket": waiting.ticket}
        connection.execute(_DONE, values)

    def queue_other_embedders(self, connection: Connection, embedder: str) -> int:
        """Put every customer whose block is of another embedder on the list; return how many."""
        found = connection.execute(_OTHER_EMBEDDER, {"current": embedder}).scalars().all()
        rows = [{"customer_id": customer_id, "ticket": 1} for customer_id in found]
        if rows:
            connection.execute(_QUEUE.on(connection), rows)
        return len(rows)
