"""What was said: conversations, turns, and what customers and the service note about a turn."""

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from assistant.store.tables.catalogue import (
    ColumnKind,
    ErasureRule,
    Row,
    TableRule,
    moment,
    optional_moment,
)

_OF_TURN = (["customer_id", "turn_key"], ["turns.customer_id", "turns.turn_key"])
_OF_CONVERSATION = (
    ["customer_id", "conversation_id"],
    ["conversations.customer_id", "conversations.conversation_id"],
)


class ConversationRow(Row, table=True):
    """One conversation; ``turns`` counts them and gives each its number."""

    __tablename__ = "conversations"
    __table_args__ = (ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),)

    customer_id: str = Field(primary_key=True)
    conversation_id: str = Field(primary_key=True)
    created_at: int = moment()
    last_turn_at: int = moment()
    lang: str | None = None
    turns: int = 0


class TurnRow(Row, table=True):
    """An utterance and, once it was made, its reply; both sealed."""

    __tablename__ = "turns"
    __table_args__ = (
        ForeignKeyConstraint(*_OF_CONVERSATION),
        UniqueConstraint("customer_id", "turn_hash"),
        UniqueConstraint("customer_id", "conversation_id", "seq"),
        Index(None, "created_at", "customer_id"),
    )

    customer_id: str = Field(primary_key=True)
    turn_key: str = Field(primary_key=True)
    conversation_id: str
    seq: int
    turn_hash: bytes
    utterance_sealed: bytes
    reply_sealed: bytes | None = None
    state: str
    created_at: int = moment()
    replied_at: int | None = optional_moment()


class FeedbackRow(Row, table=True):
    """Whether a reply helped, in the customer's latest word."""

    __tablename__ = "feedback"
    __table_args__ = (ForeignKeyConstraint(*_OF_TURN),)

    customer_id: str = Field(primary_key=True)
    turn_key: str = Field(primary_key=True)
    helped: bool
    at: int = moment()


class KnowledgeGapRow(Row, table=True):
    """A turn that no passage answered; its words stay sealed in the turn."""

    __tablename__ = "knowledge_gaps"
    __table_args__ = (ForeignKeyConstraint(*_OF_TURN),)

    customer_id: str = Field(primary_key=True)
    turn_key: str = Field(primary_key=True)
    nearest_passage: str | None = None
    score: float
    at: int = moment()


class HandoffRow(Row, table=True):
    """A conversation whose customer asked for a person."""

    __tablename__ = "handoff_requests"
    __table_args__ = (ForeignKeyConstraint(*_OF_CONVERSATION),)

    customer_id: str = Field(primary_key=True)
    conversation_id: str = Field(primary_key=True)
    requested_at: int = moment()
    reason: str


RULES = {
    "conversations": TableRule(
        category="chat",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "conversation_id": ColumnKind.INTERNAL_ID,
            "created_at": ColumnKind.OPERATIONAL,
            "last_turn_at": ColumnKind.OPERATIONAL,
            "lang": ColumnKind.OPERATIONAL,
            "turns": ColumnKind.OPERATIONAL,
        },
    ),
    "turns": TableRule(
        category="chat",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "turn_key": ColumnKind.INTERNAL_ID,
            "conversation_id": ColumnKind.INTERNAL_ID,
            "seq": ColumnKind.OPERATIONAL,
            "turn_hash": ColumnKind.KEYED_HASH,
            "utterance_sealed": ColumnKind.SEALED,
            "reply_sealed": ColumnKind.SEALED,
            "state": ColumnKind.OPERATIONAL,
            "created_at": ColumnKind.OPERATIONAL,
            "replied_at": ColumnKind.OPERATIONAL,
        },
        places={
            "utterance_sealed": "{turn_key}/utterance",
            "reply_sealed": "{turn_key}/reply",
        },
    ),
    "feedback": TableRule(
        category="satisfaction",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "turn_key": ColumnKind.INTERNAL_ID,
            "helped": ColumnKind.OPERATIONAL,
            "at": ColumnKind.OPERATIONAL,
        },
    ),
    "knowledge_gaps": TableRule(
        category="chat",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "turn_key": ColumnKind.INTERNAL_ID,
            "nearest_passage": ColumnKind.OPERATIONAL,
            "score": ColumnKind.OPERATIONAL,
            "at": ColumnKind.OPERATIONAL,
        },
    ),
    "handoff_requests": TableRule(
        category="chat",
        erasure=ErasureRule.DELETE,
        columns={
            "customer_id": ColumnKind.INTERNAL_ID,
            "conversation_id": ColumnKind.INTERNAL_ID,
            "requested_at": ColumnKind.OPERATIONAL,
            "reason": ColumnKind.OPERATIONAL,
        },
    ),
}
