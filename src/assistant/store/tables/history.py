"""A customer's history: events, the packed block that makes them searchable, what waits for it."""

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from assistant.store.tables.catalogue import (
    ColumnKind,
    ErasureRule,
    Row,
    TableRule,
    moment,
)


class EventRow(Row, table=True):
    """One event; what happened is sealed, when and of which category is not."""

    __tablename__ = "events"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("customer_id", "event_hash"),
        Index(None, "category", "time", "customer_id"),
    )

    customer_id: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    event_hash: bytes
    content_hash: bytes
    category: str
    time: int = moment()
    received_at: int = moment()
    sealed: bytes


class HistoryBlockRow(Row, table=True):
    """All vectors and texts of one customer's history, packed and sealed as one."""

    __tablename__ = "history_blocks"
    __table_args__ = (ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),)

    customer_id: str = Field(primary_key=True)
    version: int
    embedder: str
    covers: str
    items: int
    sealed: bytes


class IndexingRow(Row, table=True):
    """A customer whose history changed since its block was packed; ``ticket`` counts changes."""

    __tablename__ = "indexing_queue"
    __table_args__ = (ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),)

    customer_id: str = Field(primary_key=True)
    ticket: int


RULES = {
    "events": TableRule(
        category="history",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "event_id": ColumnKind.INTERNAL_ID,
            "event_hash": ColumnKind.KEYED_HASH,
            "content_hash": ColumnKind.KEYED_HASH,
            "category": ColumnKind.OPERATIONAL,
            "time": ColumnKind.OPERATIONAL,
            "received_at": ColumnKind.OPERATIONAL,
            "sealed": ColumnKind.SEALED,
        },
        places={"sealed": "{event_id}"},
    ),
    "history_blocks": TableRule(
        category="history",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "version": ColumnKind.OPERATIONAL,
            "embedder": ColumnKind.OPERATIONAL,
            "covers": ColumnKind.INTERNAL_ID,
            "items": ColumnKind.OPERATIONAL,
            "sealed": ColumnKind.SEALED,
        },
        places={"sealed": "{version}"},
    ),
    "indexing_queue": TableRule(
        category="history",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "ticket": ColumnKind.OPERATIONAL,
        },
    ),
}
