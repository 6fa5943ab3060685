"""Who exactly read and why, what a use went into, and alarms for reading in bulk.

Rows from before were all written by the assistant, for an answer.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _say_who_read()
    op.add_column(
        "uses", sa.Column("used_in", sa.String(), nullable=False, server_default="answer")
    )
    op.create_index("ix_uses_item", "uses", ["customer_id", "item_id"])
    op.create_table(
        "access_alarms",
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("window_from", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("customers_read", sa.Integer(), nullable=False),
        sa.Column("items_read", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "window_from", name="pk_access_alarms"),
    )


def downgrade() -> None:
    raise NotImplementedError("who read is not forgotten again; restore a backup instead")


def _say_who_read() -> None:
    for name, before in (("actor", "assistant"), ("reading", "answer")):
        column = sa.Column(name, sa.String(), nullable=False, server_default=before)
        op.add_column("access_log", column)
    unasked = sa.text("turn_key IS NULL")
    op.create_index(
        "ix_access_log_unasked",
        "access_log",
        ["actor", "at"],
        sqlite_where=unasked,
        postgresql_where=unasked,
    )
