"""Who is known: the mapping of external ids, customers and visitors, visitors' renewals."""

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from assistant.store.tables.catalogue import (
    ColumnKind,
    ErasureRule,
    Row,
    TableRule,
    moment,
    optional_moment,
)


class CustomerRow(Row, table=True):
    """A customer or visitor; the company's own id for them is sealed."""

    __tablename__ = "customers"

    customer_id: str = Field(primary_key=True)
    kind: str
    external_sealed: bytes | None = None
    created_at: int = moment()
    consent_epoch: int = 0
    blocked_at: int | None = optional_moment()
    erased_at: int | None = optional_moment()
    consent_head: bytes | None = None
    sealing: bytes = b"\x01"
    """The header of the oldest data key that newly sealed values may be under."""
    not_before: int | None = optional_moment()


class DirectoryRow(Row, table=True):
    """Which customer an external id belongs to.

    One external id has one customer: not by a unique constraint, which a table partitioned by
    customer could not keep, but because ``CustomerRepository`` creates behind a lock.
    """

    __tablename__ = "customer_directory"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        Index(None, "external_hash"),
    )

    customer_id: str = Field(primary_key=True)
    external_hash: bytes = Field(primary_key=True)


class VisitorRow(Row, table=True):
    """How a visitor without a token of the company comes back, until ``expires_at``."""

    __tablename__ = "visitors"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        Index(None, "renewal_hash"),
    )

    customer_id: str = Field(primary_key=True)
    renewal_hash: bytes
    expires_at: int = moment()


RULES = {
    "customers": TableRule(
        category="identity",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "kind": ColumnKind.OPERATIONAL,
            "external_sealed": ColumnKind.SEALED,
            "created_at": ColumnKind.OPERATIONAL,
            "consent_epoch": ColumnKind.OPERATIONAL,
            "blocked_at": ColumnKind.OPERATIONAL,
            "erased_at": ColumnKind.OPERATIONAL,
            "consent_head": ColumnKind.KEYED_HASH,
            "sealing": ColumnKind.KEY_NUMBER,
            "not_before": ColumnKind.OPERATIONAL,
        },
        places={"external_sealed": "external"},
    ),
    "customer_directory": TableRule(
        category="identity",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "external_hash": ColumnKind.KEYED_HASH,
        },
    ),
    "visitors": TableRule(
        category="identity",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "renewal_hash": ColumnKind.KEYED_HASH,
            "expires_at": ColumnKind.OPERATIONAL,
        },
    ),
}
