"""Why-questions step by step, facts, preferences; triggers hold the order of the steps."""

import sqlalchemy as sa
from alembic import op

from assistant.store.migrations.fences import fence
from assistant.store.migrations.question_triggers import guard_questions

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_QUESTION = ("customer_id", "question_id")


def upgrade() -> None:
    _questions()
    _answers()
    _facts()
    _preferences()
    guard_questions(op)
    fence(op, "why_questions", "proposal_sealed")
    fence(op, "answers", "answer_sealed")
    fence(op, "facts", "statement_sealed")


def downgrade() -> None:
    raise NotImplementedError("what customers confirmed is not thrown away by going back")


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


def _unique(name: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{name}")


def _belongs(table: str, to: str, **columns: str) -> sa.ForeignKeyConstraint:
    """Return the key by customer and question, and ``columns`` (mine=theirs) beside them."""
    mine = [*_QUESTION, *columns]
    theirs = [f"{to}.{name}" for name in (*_QUESTION, *columns.values())]
    return sa.ForeignKeyConstraint(mine, theirs, name=f"fk_{table}_{to}")


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(name, *parts, sqlite_with_rowid=False)


def _questions() -> None:
    _table(
        "why_questions",
        _text("customer_id"),
        _text("question_id"),
        _text("purpose"),
        _number("version"),
        _text("origin"),
        _text("catalogue_question", null=True),
        _text("conversation_id", null=True),
        _bytes("proposal_sealed", null=True),
        _moment("proposed_at"),
        _moment("expires_at"),
        _text("ending", null=True),
        _moment("ended_at", null=True),
        _key("why_questions", *_QUESTION),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name="fk_why_questions_customers"
        ),
        _unique("why_questions_purpose", *_QUESTION, "purpose", "version"),
        _unique("why_questions_customer_id_conversation_id", "customer_id", "conversation_id"),
    )
    op.create_index(
        "ix_why_questions_open",
        "why_questions",
        ["expires_at"],
        sqlite_where=sa.text("ending IS NULL"),
        postgresql_where=sa.text("ending IS NULL"),
    )
    _table(
        "card_showings",
        _text("customer_id"),
        _text("question_id"),
        _text("purpose"),
        _number("version"),
        _text("lang"),
        _text("text_sha256"),
        _text("channel"),
        _moment("shown_at"),
        _key("card_showings", *_QUESTION),
        _belongs("card_showings", "why_questions", purpose="purpose", version="version"),
        _unique("card_showings_text", *_QUESTION, "text_sha256"),
        _unique("card_showings_shown", *_QUESTION, "purpose", "version", "text_sha256"),
    )
    _table(
        "askings",
        _text("customer_id"),
        _text("question_id"),
        _text("text_sha256"),
        _text("question_sha256"),
        _text("lang"),
        _moment("asked_at"),
        _key("askings", *_QUESTION),
        _belongs("askings", "card_showings", text_sha256="text_sha256"),
    )


def _answers() -> None:
    _table(
        "answers",
        _text("customer_id"),
        _text("question_id"),
        _bytes("answer_sealed"),
        _bytes("tag"),
        _moment("answered_at"),
        _key("answers", *_QUESTION),
        _belongs("answers", "askings"),
        _unique("answers_tag", *_QUESTION, "tag"),
    )
    _table(
        "confirmations",
        _text("customer_id"),
        _text("question_id"),
        _number("seq"),
        _text("kind"),
        _bytes("answer_tag"),
        _bytes("tag"),
        _text("channel"),
        _moment("confirmed_at"),
        _key("confirmations", *_QUESTION, "seq"),
        _belongs("confirmations", "answers", answer_tag="tag"),
        _unique("confirmations_tag", *_QUESTION, "seq", "tag"),
    )


def _facts() -> None:
    _table(
        "facts",
        _text("customer_id"),
        _text("fact_id"),
        _text("question_id"),
        _number("confirmation"),
        _text("purpose"),
        _number("version"),
        _text("text_sha256"),
        _text("category"),
        _bytes("statement_sealed"),
        _bytes("tag"),
        _moment("valid_from"),
        _moment("expires_at"),
        _text("state"),
        _key("facts", "customer_id", "fact_id"),
        _belongs("facts", "confirmations", confirmation="seq", tag="tag"),
        _belongs(
            "facts",
            "card_showings",
            purpose="purpose",
            version="version",
            text_sha256="text_sha256",
        ),
        _unique("facts_customer_id_question_id", *_QUESTION),
    )
    op.create_index("ix_facts_expires_at", "facts", ["expires_at"])


def _preferences() -> None:
    op.create_table(
        "preferences",
        _text("customer_id"),
        _text("name"),
        _text("value"),
        _moment("changed_at"),
        _key("preferences", "customer_id", "name"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name="fk_preferences_customers"
        ),
    )
