"""What customers asked to have erased, how far it came, and the proof of it."""

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from assistant.store.tables.catalogue import (
    ColumnKind,
    ErasureRule,
    Row,
    TableRule,
    moment,
    optional_moment,
)


class ErasureRow(Row, table=True):
    """One erasure. It refers to no customer's row, because it outlives it; it names nobody.

    ``counts`` is JSON of rows by table. ``samples`` are pieces of what was erased, sealed under a
    key of the service, kept only until the search for them found nothing.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        UniqueConstraint("customer_id", "request_hash"),
        Index(None, "request_hash"),
        Index(None, "status_hash"),
        Index(None, "next_at"),
        Index(None, "requested_at"),
    )

    customer_id: str = Field(primary_key=True)
    erasure_id: str = Field(primary_key=True)
    scope: str
    target: str | None = None
    cause: str
    state: str
    requested_at: int = moment()
    blocked_at: int | None = optional_moment()
    key_destroyed_at: int | None = optional_moment()
    rows_purged_at: int | None = optional_moment()
    verified_at: int | None = optional_moment()
    backup_final_at: int | None = optional_moment()
    status_hash: bytes
    request_hash: bytes | None = None
    key_number: int | None = None
    key_epoch: int | None = None
    counts: str = "{}"
    samples: str | None = None
    problem: str | None = None
    attempts: int = 0
    next_at: int | None = optional_moment()
    lease_owner: str | None = None
    lease_until: int | None = optional_moment()


class ErasedEventRow(Row, table=True):
    """An event that was erased, by its keyed hash: sent again, it is refused.

    The hash is that of ``events``, under the customer's own key for hashes; no data key is needed,
    so it outlives the sealing anew of what stays.
    """

    __tablename__ = "erased_events"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("customer_id", "event_hash"),
        Index(None, "erased_at"),
    )

    customer_id: str = Field(primary_key=True)
    refusal_id: str = Field(primary_key=True)
    event_hash: bytes
    erased_at: int = moment()


class ErasedCategoryRow(Row, table=True):
    """Up to when events of a category are refused, where a restore left nobody to say which."""

    __tablename__ = "erased_categories"
    __table_args__ = (ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),)

    customer_id: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    until: int = moment()


RULES = {
    "erased_events": TableRule(
        category="erasure",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "refusal_id": ColumnKind.INTERNAL_ID,
            "event_hash": ColumnKind.KEYED_HASH,
            "erased_at": ColumnKind.OPERATIONAL,
        },
    ),
    "erased_categories": TableRule(
        category="erasure",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "category": ColumnKind.OPERATIONAL,
            "until": ColumnKind.OPERATIONAL,
        },
    ),
    "erasures": TableRule(
        category="erasure",
        erasure=ErasureRule.OUTLIVES,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "erasure_id": ColumnKind.INTERNAL_ID,
            "scope": ColumnKind.OPERATIONAL,
            "target": ColumnKind.INTERNAL_ID,
            "cause": ColumnKind.OPERATIONAL,
            "state": ColumnKind.OPERATIONAL,
            "requested_at": ColumnKind.OPERATIONAL,
            "blocked_at": ColumnKind.OPERATIONAL,
            "key_destroyed_at": ColumnKind.OPERATIONAL,
            "rows_purged_at": ColumnKind.OPERATIONAL,
            "verified_at": ColumnKind.OPERATIONAL,
            "backup_final_at": ColumnKind.OPERATIONAL,
            "status_hash": ColumnKind.KEYED_HASH,
            "request_hash": ColumnKind.KEYED_HASH,
            "key_number": ColumnKind.OPERATIONAL,
            "key_epoch": ColumnKind.OPERATIONAL,
            "counts": ColumnKind.OPERATIONAL,
            "samples": ColumnKind.OPERATIONAL,
            "problem": ColumnKind.OPERATIONAL,
            "attempts": ColumnKind.OPERATIONAL,
            "next_at": ColumnKind.OPERATIONAL,
            "lease_owner": ColumnKind.OPERATIONAL,
            "lease_until": ColumnKind.OPERATIONAL,
        },
    ),
}
