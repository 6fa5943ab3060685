"""Copies what a visitor said to a customer, sealed anew under that customer's key.

Nothing of the customer's own is overwritten: a conversation or turn whose id the customer has
already (a page may go on in the same conversation after signing in) comes under a new one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, Table, bindparam, func, insert, select

from assistant.core.ids import new_id
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.chat import (
    ConversationRow,
    FeedbackRow,
    HandoffRow,
    KnowledgeGapRow,
    TurnRow,
)
from assistant.vault.vault import Vault

RewriteReply: TypeAlias = Callable[[bytes, str, str], bytes]
"""Returns a stored reply as one of this conversation and this ``turn_id``."""

_CV, _T = table_of(ConversationRow), table_of(TurnRow)
_F, _G, _H = table_of(FeedbackRow), table_of(KnowledgeGapRow), table_of(HandoffRow)
_ALL = {
    table: select(table).where(table.c.customer_id == bindparam("of_customer"))
    for table in (_CV, _T, _F, _G, _H)
}
_ADD = {table: insert(table) for table in _ALL}
_COUNT = select(func.count()).where(_T.c.customer_id == bindparam("of_customer"))
_TAKEN = select(_CV.c.conversation_id).where(_CV.c.customer_id == bindparam("of_customer"))
_HASHES = select(_T.c.turn_hash).where(_T.c.customer_id == bindparam("of_customer"))


@dataclass(frozen=True, slots=True)
class Transferred:
    """How much was copied."""

    conversations: int
    turns: int


class VisitTransfer:
    """Copies the conversations of one subject to another, in the caller's write."""

    def __init__(self, *, vault: Vault, rewrite_reply: RewriteReply) -> None:
        self._vault = vault
        self._rewrite_reply = rewrite_reply

    def count_turns(self, connection: Connection, visitor_id: str) -> int:
        """Return how many turns there are to copy."""
        return connection.execute(_COUNT, {"of_customer": visitor_id}).scalar_one()

    def copy(self, connection: Connection, visitor_id: str, customer_id: str) -> Transferred:
        """Copy everything that was said; the visitor's own rows stay for their erasure."""
        of_customer = {"of_customer": customer_id}
        taken = set(connection.execute(_TAKEN, of_customer).scalars())
        names = {
            name: new_id() if name in taken else name
            for name in (row["conversation_id"] for row in self._rows(connection, _CV, visitor_id))
        }
        hashes = {bytes(one) for one in connection.execute(_HASHES, of_customer).scalars()}
        turns = [
            self._turn(row, customer_id, names, hashes)
            for row in self._rows(connection, _T, visitor_id)
        ]
        self._add_renamed(connection, _CV, visitor_id, customer_id, names)
        if turns:
            connection.execute(_ADD[_T], turns)
        for table in (_F, _G, _H):
            self._add_renamed(connection, table, visitor_id, customer_id, names)
        return Transferred(len(names), len(turns))

    def _rows(self, connection: Connection, table: Table, visitor_id: str) -> list[dict[str, Any]]:
        found = connection.execute(_ALL[table], {"of_customer": visitor_id})
        return [dict(row) for row in found.mappings()]

    def _add_renamed(
        self,
        connection: Connection,
        table: Table,
        visitor_id: str,
        customer_id: str,
        names: Mapping[str, str],
    ) -> None:
        """Copy rows that hold nothing sealed."""
        rows = [
            {**row, "customer_id": customer_id} for row in self._rows(connection, table, visitor_id)
        ]
        for row in rows:
            if "conversation_id" in row:
                row["conversation_id"] = names[row["conversation_id"]]
        if rows:
            connection.execute(_ADD[table], rows)

    def _turn(
        self,
        row: dict[str, Any],
        customer_id: str,
        names: Mapping[str, str],
        hashes: set[bytes],
    ) -> dict[str, Any]:
        """Return a turn as the customer's own; ``hashes`` are of the turns that they have."""
        visitor_id, key = row["customer_id"], row["turn_key"]
        place, conversation = f"{key}/utterance", names[row["conversation_id"]]
        said = orjson.loads(self._vault.open(visitor_id, _T.name, place, row["utterance_sealed"]))
        if self._hash(customer_id, said["turn_id"]) in hashes:
            said["turn_id"] = new_id()
        hashes.add(turn_hash := self._hash(customer_id, said["turn_id"]))
        sealed = self._vault.seal(customer_id, _T.name, place, orjson.dumps(said))
        return row | {
            "customer_id": customer_id,
            "conversation_id": conversation,
            "turn_hash": turn_hash,
            "utterance_sealed": sealed,
            "reply_sealed": self._reply(row, customer_id, conversation, said["turn_id"]),
        }

    def _reply(
        self, row: dict[str, Any], customer_id: str, conversation: str, turn_id: str
    ) -> bytes | None:
        if row["reply_sealed"] is None:
            return None
        place = f"{row['turn_key']}/reply"
        content = self._vault.open(row["customer_id"], _T.name, place, row["reply_sealed"])
        renamed = self._rewrite_reply(content, conversation, turn_id)
        return self._vault.seal(customer_id, _T.name, place, renamed)

    def _hash(self, customer_id: str, turn_id: str) -> bytes:
        return self._vault.keyed_hash(customer_id, "turn", turn_id.encode())
