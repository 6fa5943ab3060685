"""What intake counts and remembers about files; nothing in it is about a person."""

from sqlmodel import Field

from assistant.store.tables.catalogue import ColumnKind, ErasureRule, Row, TableRule, moment


class IntakeRefusalRow(Row, table=True):
    """How many events were refused on a day, by category and reason; none of them is kept."""

    __tablename__ = "intake_refusals"

    day: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    count: int


class IntakeProgressRow(Row, table=True):
    """How far the import of a file came, so that it can go on after an interruption."""

    __tablename__ = "intake_progress"

    file_hash: str = Field(primary_key=True)
    line: int
    updated_at: int = moment()


RULES = {
    "intake_refusals": TableRule(
        category="operations",
        erasure=ErasureRule.NOT_PERSONAL,
        columns=dict.fromkeys(("day", "category", "code", "count"), ColumnKind.OPERATIONAL),
    ),
    "intake_progress": TableRule(
        category="operations",
        erasure=ErasureRule.NOT_PERSONAL,
        columns={
            "file_hash": ColumnKind.OPERATIONAL,
            "line": ColumnKind.OPERATIONAL,
            "updated_at": ColumnKind.OPERATIONAL,
        },
    ),
}
