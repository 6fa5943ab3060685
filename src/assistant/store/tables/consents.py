"""What was decided and what was shown: consent events in a chain, and the published purposes."""

from sqlalchemy import ForeignKeyConstraint, Text
from sqlmodel import Field

from assistant.store.tables.catalogue import ColumnKind, ErasureRule, Row, TableRule, moment


class ConsentEventRow(Row, table=True):
    """One decision about one purpose and category; the database refuses to change it.

    Without a rowid on SQLite: REPLACE with an explicit rowid would delete a row past all triggers.
    """

    __tablename__ = "consent_events"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        {"sqlite_with_rowid": False},
    )

    customer_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    decision_id: str
    purpose: str
    version: int
    category: str
    decision: str
    state: str
    lang: str | None = None
    at: int = moment()
    text_sha256: str | None = None
    channel: str
    evidence_sealed: bytes | None = None
    evidence_hash: bytes | None = None
    previous_hash: str
    entry_hash: str


class PublishedPurposeRow(Row, table=True):
    """What one version of a purpose said in one language, kept for ever as it was published."""

    __tablename__ = "published_purposes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    purpose: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    lang: str = Field(primary_key=True)
    text_sha256: str
    text: str = Field(sa_type=Text)
    definition: str = Field(sa_type=Text)
    definition_sha256: str
    published_at: int = moment()


RULES = {
    "consent_events": TableRule(
        category="consent",
        erasure=ErasureRule.DELETE_GUARDED,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "seq": ColumnKind.OPERATIONAL,
            "decision_id": ColumnKind.INTERNAL_ID,
            "purpose": ColumnKind.OPERATIONAL,
            "version": ColumnKind.OPERATIONAL,
            "category": ColumnKind.OPERATIONAL,
            "decision": ColumnKind.OPERATIONAL,
            "state": ColumnKind.OPERATIONAL,
            "lang": ColumnKind.OPERATIONAL,
            "at": ColumnKind.OPERATIONAL,
            "text_sha256": ColumnKind.OPERATIONAL,
            "channel": ColumnKind.OPERATIONAL,
            "evidence_sealed": ColumnKind.SEALED,
            "evidence_hash": ColumnKind.KEYED_HASH,
            "previous_hash": ColumnKind.OPERATIONAL,
            "entry_hash": ColumnKind.OPERATIONAL,
        },
        places={"evidence_sealed": "{seq}"},
    ),
    "published_purposes": TableRule(
        category="operations",
        erasure=ErasureRule.NOT_PERSONAL,
        columns=dict.fromkeys(
            (
                "purpose",
                "version",
                "lang",
                "text_sha256",
                "text",
                "definition",
                "definition_sha256",
                "published_at",
            ),
            ColumnKind.OPERATIONAL,
        ),
    ),
}
