"""What keeps the service answerable: uses, the access log."""

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from assistant.store.tables.catalogue import ColumnKind, ErasureRule, Row, TableRule, moment

_OF_CUSTOMER = (["customer_id"], ["customers.customer_id"])


class UseRow(Row, table=True):
    """One personal item that helped to produce something, for one purpose."""

    __tablename__ = "uses"
    __table_args__ = (
        ForeignKeyConstraint(*_OF_CUSTOMER),
        Index("ix_uses_item", "customer_id", "item_id"),
    )

    customer_id: str = Field(primary_key=True)
    use_id: str = Field(primary_key=True)
    turn_key: str | None = None
    item_kind: str
    item_id: str
    category: str
    purpose: str
    at: int = moment()
    used_in: str = "answer"


class AccessRow(Row, table=True):
    """One reading of a customer's items: by whom, in which role, for what, which.

    The index leaves out what a customer's own turn asked for: it serves the alarm for bulk reading,
    and costs a turn nothing.
    """

    __tablename__ = "access_log"
    __table_args__ = (
        ForeignKeyConstraint(*_OF_CUSTOMER),
        Index(
            "ix_access_log_unasked",
            "actor",
            "at",
            sqlite_where=text("turn_key IS NULL"),
            postgresql_where=text("turn_key IS NULL"),
        ),
    )

    customer_id: str = Field(primary_key=True)
    entry_id: str = Field(primary_key=True)
    at: int = moment()
    role: str
    purpose: str
    categories: str
    items: int
    item_ids: str
    turn_key: str | None = None
    actor: str = "assistant"
    reading: str = "answer"


class AccessAlarmRow(Row, table=True):
    """One reader who read more in a window of time than the service lets pass in silence."""

    __tablename__ = "access_alarms"

    actor: str = Field(primary_key=True)
    window_from: int = Field(primary_key=True, sa_type=BigInteger)
    role: str
    customers_read: int
    items_read: int
    raised_at: int = moment()


RULES = {
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
            "used_in": ColumnKind.OPERATIONAL,
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
            "actor": ColumnKind.OPERATIONAL,
            "reading": ColumnKind.OPERATIONAL,
        },
    ),
    "access_alarms": TableRule(
        category="operations",
        erasure=ErasureRule.NOT_PERSONAL,
        columns=dict.fromkeys(
            ("actor", "window_from", "role", "customers_read", "items_read", "raised_at"),
            ColumnKind.OPERATIONAL,
        ),
    ),
}
