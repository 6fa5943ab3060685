"""Which entries of the erasure ledger this database has carried out; nothing about one person."""

from sqlalchemy import BigInteger
from sqlmodel import Field

from assistant.store.tables.catalogue import ColumnKind, ErasureRule, Row, TableRule


class LedgerMarkRow(Row, table=True):
    """One entry that was carried out, written in the transaction that did so.

    A database that was restored from an older copy lacks marks, and is recognised by that. With
    ``and_below`` a mark stands for all entries before it as well, whose own marks were let go.
    """

    __tablename__ = "ledger_marks"

    seq: int = Field(primary_key=True, sa_type=BigInteger)
    entry_hash: str
    and_below: bool = False


RULES = {
    "ledger_marks": TableRule(
        category="operations",
        erasure=ErasureRule.NOT_PERSONAL,
        columns=dict.fromkeys(("seq", "entry_hash", "and_below"), ColumnKind.OPERATIONAL),
    ),
}
