"""Why-questions step by step, the facts that came of them, and what a customer prefers.

One table a step, so that each step can point at the one before it: a fact at its confirmation, that
at the answer, that at the question, that at the card that was shown, that at the proposal. Triggers
(``store/migrations/question_triggers.py``) hold the order against any statement; on SQLite the
tables have no rowid, because REPLACE with a rowid would slip past them.
"""

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from assistant.store.tables.catalogue import (
    ColumnKind,
    ErasureRule,
    Row,
    TableRule,
    moment,
    optional_moment,
)

_QUESTION = ("customer_id", "question_id")
_NO_ROWID = {"sqlite_with_rowid": False}


def _follows(table: str, *columns: str) -> ForeignKeyConstraint:
    """Return the key that ties a step to the row of ``table`` with the same ``columns``."""
    names = [*_QUESTION, *columns]
    return ForeignKeyConstraint(names, [f"{table}.{name}" for name in names])


class WhyQuestionRow(Row, table=True):
    """One question about a reason, from its proposal on.

    ``proposal_sealed`` holds the words of a proposal that is not from the catalogue; ``ending`` is
    set once, when the question ends otherwise than by a fact.
    """

    __tablename__ = "why_questions"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint(*_QUESTION, "purpose", "version", name="uq_why_questions_purpose"),
        UniqueConstraint("customer_id", "conversation_id"),
        Index(
            "ix_why_questions_open",
            "expires_at",
            sqlite_where=text("ending IS NULL"),
            postgresql_where=text("ending IS NULL"),
        ),
        _NO_ROWID,
    )

    customer_id: str = Field(primary_key=True)
    question_id: str = Field(primary_key=True)
    purpose: str
    version: int
    origin: str
    catalogue_question: str | None = None
    conversation_id: str | None = None
    proposal_sealed: bytes | None = None
    proposed_at: int = moment()
    expires_at: int = moment()
    ending: str | None = None
    ended_at: int | None = optional_moment()


class CardShowingRow(Row, table=True):
    """The acknowledgement that the purpose card was on the customer's screen, in which words."""

    __tablename__ = "card_showings"
    __table_args__ = (
        _follows("why_questions", "purpose", "version"),
        UniqueConstraint(*_QUESTION, "text_sha256", name="uq_card_showings_text"),
        UniqueConstraint(
            *_QUESTION, "purpose", "version", "text_sha256", name="uq_card_showings_shown"
        ),
        _NO_ROWID,
    )

    customer_id: str = Field(primary_key=True)
    question_id: str = Field(primary_key=True)
    purpose: str
    version: int
    lang: str
    text_sha256: str
    channel: str
    shown_at: int = moment()


class AskingRow(Row, table=True):
    """The question as it was put after the card; ``question_sha256`` is of its generic text."""

    __tablename__ = "askings"
    __table_args__ = (_follows("card_showings", "text_sha256"), _NO_ROWID)

    customer_id: str = Field(primary_key=True)
    question_id: str = Field(primary_key=True)
    text_sha256: str
    question_sha256: str
    lang: str
    asked_at: int = moment()


class AnswerRow(Row, table=True):
    """What the customer answered; the words go once a sentence was confirmed, the tag stays."""

    __tablename__ = "answers"
    __table_args__ = (
        _follows("askings"),
        UniqueConstraint(*_QUESTION, "tag", name="uq_answers_tag"),
        _NO_ROWID,
    )

    customer_id: str = Field(primary_key=True)
    question_id: str = Field(primary_key=True)
    answer_sealed: bytes
    tag: bytes
    answered_at: int = moment()


class ConfirmationRow(Row, table=True):
    """One confirmation of exact words, which only their tag stands for here."""

    __tablename__ = "confirmations"
    __table_args__ = (
        ForeignKeyConstraint(
            [*_QUESTION, "answer_tag"], [*(f"answers.{name}" for name in _QUESTION), "answers.tag"]
        ),
        UniqueConstraint(*_QUESTION, "seq", "tag", name="uq_confirmations_tag"),
        _NO_ROWID,
    )

    customer_id: str = Field(primary_key=True)
    question_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str
    answer_tag: bytes
    tag: bytes
    channel: str
    confirmed_at: int = moment()


class FactRow(Row, table=True):
    """One confirmed statement of the profile, with its end."""

    __tablename__ = "facts"
    __table_args__ = (
        ForeignKeyConstraint(
            [*_QUESTION, "confirmation", "tag"],
            [*(f"confirmations.{name}" for name in (*_QUESTION, "seq", "tag"))],
        ),
        _follows("card_showings", "purpose", "version", "text_sha256"),
        UniqueConstraint(*_QUESTION),
        Index(None, "expires_at"),
        _NO_ROWID,
    )

    customer_id: str = Field(primary_key=True)
    fact_id: str = Field(primary_key=True)
    question_id: str
    confirmation: int
    purpose: str
    version: int
    text_sha256: str
    category: str
    statement_sealed: bytes
    tag: bytes
    valid_from: int = moment()
    expires_at: int = moment()
    state: str


class PreferenceRow(Row, table=True):
    """One choice of a customer about how they are spoken to, from a closed set of ours."""

    __tablename__ = "preferences"
    __table_args__ = (ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),)

    customer_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str
    changed_at: int = moment()


def _step(*operational: str, sealed: str = "", place: str = "", **others: ColumnKind) -> TableRule:
    """Return the rule of a step: the ids, what is sealed and where, and what else it holds."""
    columns = dict.fromkeys(_QUESTION, ColumnKind.INTERNAL_ID)
    columns |= dict.fromkeys(operational, ColumnKind.OPERATIONAL)
    places = {}
    if sealed:
        columns[sealed] = ColumnKind.SEALED
        places[sealed] = place
    return TableRule("stated_reasons", ErasureRule.DELETE, columns | others, places)


RULES = {
    "why_questions": _step(
        "purpose",
        "version",
        "origin",
        "catalogue_question",
        "proposed_at",
        "expires_at",
        "ending",
        "ended_at",
        conversation_id=ColumnKind.INTERNAL_ID,
        sealed="proposal_sealed",
        place="{question_id}",
    ),
    "card_showings": _step("purpose", "version", "lang", "text_sha256", "channel", "shown_at"),
    "askings": _step("text_sha256", "question_sha256", "lang", "asked_at"),
    "answers": _step(
        "answered_at",
        sealed="answer_sealed",
        place="{question_id}",
        tag=ColumnKind.KEYED_HASH,
    ),
    "confirmations": _step(
        "seq",
        "kind",
        "channel",
        "confirmed_at",
        answer_tag=ColumnKind.KEYED_HASH,
        tag=ColumnKind.KEYED_HASH,
    ),
    "facts": _step(
        "confirmation",
        "purpose",
        "version",
        "text_sha256",
        "category",
        "valid_from",
        "expires_at",
        "state",
        fact_id=ColumnKind.INTERNAL_ID,
        sealed="statement_sealed",
        place="{fact_id}",
        tag=ColumnKind.KEYED_HASH,
    ),
    "preferences": TableRule(
        category="preferences",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "name": ColumnKind.OPERATIONAL,
            "value": ColumnKind.OPERATIONAL,
            "changed_at": ColumnKind.OPERATIONAL,
        },
    ),
}
