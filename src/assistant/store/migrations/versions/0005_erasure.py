"""Erasures, and from when on an erased customer who came back is known again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", _moment("not_before", null=True))
    op.create_table(
        "erasures",
        _text("customer_id"),
        _text("erasure_id"),
        _text("scope"),
        _text("target", null=True),
        _text("cause"),
        _text("state"),
        _moment("requested_at"),
        *(_moment(name, null=True) for name in _REACHED),
        sa.Column("status_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=True),
        sa.Column("key_number", sa.Integer(), nullable=True),
        sa.Column("key_epoch", sa.Integer(), nullable=True),
        _text("counts"),
        _text("samples", null=True),
        _text("problem", null=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("next_at", null=True),
        _text("lease_owner", null=True),
        _moment("lease_until", null=True),
        sa.PrimaryKeyConstraint("customer_id", "erasure_id", name="pk_erasures"),
        sa.UniqueConstraint(
            "customer_id", "request_hash", name="uq_erasures_customer_id_request_hash"
        ),
    )
    for column in ("request_hash", "status_hash", "next_at", "requested_at"):
        op.create_index(f"ix_erasures_{column}", "erasures", [column])


_REACHED = ("blocked_at", "key_destroyed_at", "rows_purged_at", "verified_at", "backup_final_at")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)
