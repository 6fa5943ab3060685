"""What keeps the service answerable: consent events, uses, the access log."""

from sqlalchemy import ForeignKeyConstraint
from sqlmodel import Field

from assistant.store.tables.catalogue import ColumnKind, ErasureRule, Row, TableRule, moment

_OF_CUSTOMER = (["customer_id"], ["customers.customer_id"])


class ConsentEventRow(Row, table=True):
    """One decision about one purpose and category; the database refuses to change it."""

    __tablename__ = "consent_events"
    __table_args__ = (ForeignKeyConstraint(*_OF_CUSTOMER),)

    customer_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    purpose: str
    version: int
    category: str
    decision: str
    at: int = moment()
    text_sha256: str | None = None
    channel: str
    evidence_sealed: bytes | None = None


class UseRow(Row, table=True):
    """One personal item that helped to produce something, for one purpose."""

    __tablename__ = "uses"
    __table_args__ = (ForeignKeyConstraint(*_OF_CUSTOMER),)

    customer_id: str = Field(primary_key=True)
    use_id: str = Field(primary_key=True)
    turn_key: str | None = None
    item_kind: str
    item_id: str
    category: str
    purpose: str
    at: int = moment()


class AccessRow(Row, table=True):
    """One reading of a customer's items: in which role, for what, which."""

    __tablename__ = "access_log"
    __table_args__ = (ForeignKeyConstraint(*_OF_CUSTOMER),)

    customer_id: str = Field(primary_key=True)
    entry_id: str = Field(primary_key=True)
    at: int = moment()
    role: str
    purpose: str
    categories: str
    items: int
    item_ids: str
    turn_key: str | None = None


RULES = {
    "consent_events": TableRule(
        category="consent",
        erasure=ErasureRule.DELETE_GUARDED,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "seq": ColumnKind.OPERATIONAL,
            "purpose": ColumnKind.OPERATIONAL,
            "version": ColumnKind.OPERATIONAL,
            "category": ColumnKind.OPERATIONAL,
            "decision": ColumnKind.OPERATIONAL,
            "at": ColumnKind.OPERATIONAL,
            "text_sha256": ColumnKind.OPERATIONAL,
            "channel": ColumnKind.OPERATIONAL,
            "evidence_sealed": ColumnKind.SEALED,
        },
    ),
    "uses": TableRule(
        category="uses",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "use_id": ColumnKind.INTERNAL_ID,
            "turn_key": ColumnKind.INTERNAL_ID,
            "item_kind": ColumnKind.OPERATIONAL,
            "item_id": ColumnKind.INTERNAL_ID,
            "category": ColumnKind.OPERATIONAL,
            "purpose": ColumnKind.OPERATIONAL,
            "at": ColumnKind.OPERATIONAL,
        },
    ),
    "access_log": TableRule(
        category="access_log",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "entry_id": ColumnKind.INTERNAL_ID,
            "at": ColumnKind.OPERATIONAL,
            "role": ColumnKind.OPERATIONAL,
            "purpose": ColumnKind.OPERATIONAL,
            "categories": ColumnKind.OPERATIONAL,
            "items": ColumnKind.OPERATIONAL,
            "item_ids": ColumnKind.INTERNAL_ID,
            "turn_key": ColumnKind.INTERNAL_ID,
        },
    ),
}
