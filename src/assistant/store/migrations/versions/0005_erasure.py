"""Erasures, and from when on an erased customer who came back is known again."""

import sqlalchemy as sa
from alembic import op

from assistant.store.migrations.erasure_guards import guard_customers, guard_erasures

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
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erased_events",
        _text("customer_id"),
        _text("refusal_id"),
        sa.Column("event_hash", sa.LargeBinary(), nullable=False),
        _moment("erased_at"),
        _of_customer("erased_events"),
        sa.PrimaryKeyConstraint("customer_id", "refusal_id", name="pk_erased_events"),
        sa.UniqueConstraint(
            "customer_id", "event_hash", name="uq_erased_events_customer_id_event_hash"
        ),
    )
    op.create_index("ix_erased_events_erased_at", "erased_events", ["erased_at"])
    op.create_table(
        "erased_categories",
        _text("customer_id"),
        _text("category"),
        _moment("until"),
        _of_customer("erased_categories"),
        sa.PrimaryKeyConstraint("customer_id", "category", name="pk_erased_categories"),
    )
    op.create_index(
        "ix_events_category_time_customer_id", "events", ["category", "time", "customer_id"]
    )
    op.create_index("ix_turns_created_at_customer_id", "turns", ["created_at", "customer_id"])
    for column in ("request_hash", "status_hash", "next_at", "requested_at"):
        op.create_index(f"ix_erasures_{column}", "erasures", [column])
    guard_erasures()
    guard_customers()


_REACHED = ("blocked_at", "key_destroyed_at", "rows_purged_at", "verified_at", "backup_final_at")


def _of_customer(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_customers"
    return sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=name)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)
