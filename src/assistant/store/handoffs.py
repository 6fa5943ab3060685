"""Conversations whose customer asked for a person."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.store.dialects import Upsert
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.chat import HandoffRow

_H = table_of(HandoffRow)
_ADD = Upsert(_H, keys=["customer_id", "conversation_id"])
_FIND = select(_H).where(
    _H.c.customer_id == bindparam("of_customer"),
    _H.c.conversation_id == bindparam("of_conversation"),
)


@dataclass(frozen=True, slots=True)
class Handoff:
    """A request for a person; ``reason`` is a word of ours, never the customer's."""

    requested_at: datetime
    reason: str


class HandoffRepository:
    """Keeps at most one request per conversation."""

    def request(
        self,
        connection: Connection,
        customer_id: str,
        conversation_id: str,
        *,
        reason: str,
        at: datetime,
    ) -> bool:
        """Ask for a person; False when that was asked before, which stands as it is."""
        values = {
            "customer_id": customer_id,
            "conversation_id": conversation_id,
            "requested_at": to_epoch_ms(at),
            "reason": reason,
        }
        return connection.execute(_ADD.on(connection), values).rowcount == 1

    def find_handoff(
        self, connection: Connection, customer_id: str, conversation_id: str
    ) -> Handoff | None:
        """Return the conversation's request for a person."""
        values = {"of_customer": customer_id, "of_conversation": conversation_id}
        row = connection.execute(_FIND, values).one_or_none()
        return None if row is None else Handoff(from_epoch_ms(row.requested_at), row.reason)
