"""What the erasure ledger asks of customers: who there is, and what of theirs it may name.

Only ids and keyed hashes are read; nothing is opened.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Connection, bindparam, select

from assistant.core.clock import from_epoch_ms
from assistant.core.ids import CustomerId
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.chat import ConversationRow, TurnRow
from assistant.store.tables.customers import CustomerRow, DirectoryRow
from assistant.store.tables.history import EventRow
from assistant.store.tables.why_questions import FactRow, WhyQuestionRow

_C = table_of(CustomerRow)
_D = table_of(DirectoryRow)
_E = table_of(EventRow)
_BATCH: Final = 1000

_EXTERNAL = select(_D.c.external_hash).where(_D.c.customer_id == bindparam("of_customer"))
_ALL = (
    select(_C.c.customer_id, _C.c.created_at, _D.c.external_hash)
    .outerjoin(_D, _D.c.customer_id == _C.c.customer_id)
    .execution_options(yield_per=_BATCH)
)
_CATEGORIES = select(_E.c.category).where(_E.c.customer_id == bindparam("of_customer")).distinct()
_ITEMS: Final = tuple(
    select(table.c[key]).where(table.c.customer_id == bindparam("of_customer"))
    for table, key in (
        (_E, "event_id"),
        (table_of(FactRow), "fact_id"),
        (table_of(WhyQuestionRow), "question_id"),
        (table_of(TurnRow), "turn_key"),
    )
)
_CONVERSATIONS = select(table_of(ConversationRow).c.conversation_id).where(
    table_of(ConversationRow).c.customer_id == bindparam("of_customer")
)


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer of the database; ``external_hash`` is None for visitors."""

    customer_id: CustomerId
    created_at: datetime
    external_hash: bytes | None


class LedgerCustomers:
    """Lists customers and the ids of what is theirs."""

    def find_external_hash(self, connection: Connection, customer_id: str) -> bytes | None:
        """Return what the directory keeps of a customer's external id."""
        found = connection.execute(_EXTERNAL, {"of_customer": customer_id}).scalars().first()
        return None if found is None else bytes(found)

    def list_all(self, connection: Connection) -> Iterator[KnownCustomer]:
        """Yield every customer and visitor."""
        for row in connection.execute(_ALL):
            hashed = None if row.external_hash is None else bytes(row.external_hash)
            yield KnownCustomer(row.customer_id, from_epoch_ms(row.created_at), hashed)

    def list_items(self, connection: Connection, customer_id: str) -> Sequence[str]:
        """Return the ids of a customer's events, facts, questions and turns."""
        return [
            found
            for statement in _ITEMS
            for found in connection.execute(statement, {"of_customer": customer_id}).scalars()
        ]

    def list_conversations(self, connection: Connection, customer_id: str) -> Sequence[str]:
        """Return the ids of a customer's conversations."""
        rows = connection.execute(_CONVERSATIONS, {"of_customer": customer_id})
        return cast("Sequence[str]", rows.scalars().all())

    def list_categories(self, connection: Connection, customer_id: str) -> Sequence[str]:
        """Return the data categories of a customer's events."""
        rows = connection.execute(_CATEGORIES, {"of_customer": customer_id})
        return cast("Sequence[str]", rows.scalars().all())
