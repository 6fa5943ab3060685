"""The first tables: customers, chat, history, accountability, intake.

Every personal table carries the customer's id first in its primary, unique and foreign keys, so
that PostgreSQL can partition it by customer. Consent events are append-only by trigger.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _customers()
    _chat()
    _history()
    _accountability()
    _intake()
    _guard_consent_events()


def downgrade() -> None:
    raise NotImplementedError("below the first form there is nothing; delete the database")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=null)


def _bytes(name: str, *, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _belongs(table: str, to: str, *columns: str) -> sa.ForeignKeyConstraint:
    targets = [f"{to}.{column}" for column in columns]
    return sa.ForeignKeyConstraint(columns, targets, name=f"fk_{table}_{to}")


def _customers() -> None:
    op.create_table(
        "customers",
        _text("customer_id"),
        _text("kind"),
        _bytes("external_sealed", null=True),
        _moment("created_at"),
        _number("consent_epoch"),
        _moment("blocked_at", null=True),
        _moment("erased_at", null=True),
        _key("customers", "customer_id"),
    )
    op.create_table(
        "customer_directory",
        _text("customer_id"),
        _bytes("external_hash"),
        _key("customer_directory", "customer_id", "external_hash"),
        _belongs("customer_directory", "customers", "customer_id"),
    )
    op.create_index("ix_customer_directory_external_hash", "customer_directory", ["external_hash"])
    op.create_table(
        "visitors",
        _text("customer_id"),
        _bytes("renewal_hash"),
        _moment("expires_at"),
        _key("visitors", "customer_id"),
        _belongs("visitors", "customers", "customer_id"),
    )
    op.create_index("ix_visitors_renewal_hash", "visitors", ["renewal_hash"])


def _chat() -> None:
    op.create_table(
        "conversations",
        _text("customer_id"),
        _text("conversation_id"),
        _moment("created_at"),
        _moment("last_turn_at"),
        _text("lang", null=True),
        _number("turns"),
        _key("conversations", "customer_id", "conversation_id"),
        _belongs("conversations", "customers", "customer_id"),
    )
    op.create_table(
        "turns",
        _text("customer_id"),
        _text("turn_key"),
        _text("conversation_id"),
        _number("seq"),
        _bytes("turn_hash"),
        _bytes("utterance_sealed"),
        _bytes("reply_sealed", null=True),
        _text("state"),
        _moment("created_at"),
        _moment("replied_at", null=True),
        _key("turns", "customer_id", "turn_key"),
        _belongs("turns", "conversations", "customer_id", "conversation_id"),
        _unique("turns", "customer_id", "turn_hash"),
        _unique("turns", "customer_id", "conversation_id", "seq"),
    )
    _notes_about_turns()


def _notes_about_turns() -> None:
    op.create_table(
        "feedback",
        _text("customer_id"),
        _text("turn_key"),
        sa.Column("helped", sa.Boolean(), nullable=False),
        _moment("at"),
        _key("feedback", "customer_id", "turn_key"),
        _belongs("feedback", "turns", "customer_id", "turn_key"),
    )
    op.create_table(
        "knowledge_gaps",
        _text("customer_id"),
        _text("turn_key"),
        _text("nearest_passage", null=True),
        sa.Column("score", sa.Float(), nullable=False),
        _moment("at"),
        _key("knowledge_gaps", "customer_id", "turn_key"),
        _belongs("knowledge_gaps", "turns", "customer_id", "turn_key"),
    )
    op.create_table(
        "handoff_requests",
        _text("customer_id"),
        _text("conversation_id"),
        _moment("requested_at"),
        _text("reason"),
        _key("handoff_requests", "customer_id", "conversation_id"),
        _belongs("handoff_requests", "conversations", "customer_id", "conversation_id"),
    )


def _history() -> None:
    op.create_table(
        "events",
        _text("customer_id"),
        _text("event_id"),
        _bytes("event_hash"),
        _bytes("content_hash"),
        _text("category"),
        _moment("time"),
        _moment("received_at"),
        _bytes("sealed"),
        _key("events", "customer_id", "event_id"),
        _belongs("events", "customers", "customer_id"),
        _unique("events", "customer_id", "event_hash"),
    )
    op.create_table(
        "history_blocks",
        _text("customer_id"),
        _number("version"),
        _text("embedder"),
        _text("covers"),
        _number("items"),
        _bytes("sealed"),
        _key("history_blocks", "customer_id"),
        _belongs("history_blocks", "customers", "customer_id"),
    )
    op.create_table(
        "indexing_queue",
        _text("customer_id"),
        _number("ticket"),
        _key("indexing_queue", "customer_id"),
        _belongs("indexing_queue", "customers", "customer_id"),
    )


def _accountability() -> None:
    op.create_table(
        "consent_events",
        _text("customer_id"),
        _number("seq"),
        _text("purpose"),
        _number("version"),
        _text("category"),
        _text("decision"),
        _moment("at"),
        _text("text_sha256", null=True),
        _text("channel"),
        _bytes("evidence_sealed", null=True),
        _key("consent_events", "customer_id", "seq"),
        _belongs("consent_events", "customers", "customer_id"),
    )
    op.create_table(
        "uses",
        _text("customer_id"),
        _text("use_id"),
        _text("turn_key", null=True),
        _text("item_kind"),
        _text("item_id"),
        _text("category"),
        _text("purpose"),
        _moment("at"),
        _key("uses", "customer_id", "use_id"),
        _belongs("uses", "customers", "customer_id"),
    )
    op.create_table(
        "access_log",
        _text("customer_id"),
        _text("entry_id"),
        _moment("at"),
        _text("role"),
        _text("purpose"),
        _text("categories"),
        _number("items"),
        _text("item_ids"),
        _text("turn_key", null=True),
        _key("access_log", "customer_id", "entry_id"),
        _belongs("access_log", "customers", "customer_id"),
    )


def _intake() -> None:
    op.create_table(
        "intake_refusals",
        _text("day"),
        _text("category"),
        _text("code"),
        _number("count"),
        _key("intake_refusals", "day", "category", "code"),
    )
    op.create_table(
        "intake_progress",
        _text("file_hash"),
        _number("line"),
        _moment("updated_at"),
        _key("intake_progress", "file_hash"),
    )


def _guard_consent_events() -> None:
    """Let the database itself refuse to change what a customer decided."""
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER consent_events_refuse_{change.lower()} "
                f"BEFORE {change} ON consent_events "
                "BEGIN SELECT RAISE(ABORT, 'consent events are append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_consent_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'consent events are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER consent_events_refuse_change BEFORE UPDATE OR DELETE ON consent_events "
        "FOR EACH ROW EXECUTE FUNCTION refuse_consent_change()"
    )
    op.execute(
        "CREATE TRIGGER consent_events_refuse_truncate BEFORE TRUNCATE ON consent_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_consent_change()"
    )
