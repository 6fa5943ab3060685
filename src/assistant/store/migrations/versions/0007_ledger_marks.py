"""Which entries of the erasure ledger this database has carried out."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_marks",
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("entry_hash", sa.String(), nullable=False),
        sa.Column("and_below", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger_marks"),
    )


def downgrade() -> None:
    op.drop_table("ledger_marks")
