"""What is known of a why-question: each step that was taken, as the store gives it back."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

Origin: TypeAlias = Literal["catalogue", "volunteered", "guess"]
Ending: TypeAlias = Literal["declined", "expired", "withdrawn"]
ConfirmationKind: TypeAlias = Literal["confirmed", "corrected"]


@dataclass(frozen=True, slots=True)
class NewQuestion:
    """A question to be proposed; ``proposal`` are words of the customer's, or a guess of ours."""

    question_id: str
    purpose: str
    version: int
    origin: Origin
    proposed_at: datetime
    expires_at: datetime
    catalogue_question: str | None = None
    conversation_id: str | None = None
    proposal: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Showing:
    """The acknowledged showing of a purpose card, by the SHA-256 of its exact text."""

    lang: str
    text_sha256: str
    channel: str
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class Asking:
    """The question as it was put; the SHA-256 is of its generic text."""

    question_sha256: str
    lang: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; ``words`` is None once a sentence was confirmed or the question ended."""

    tag: bytes
    answered_at: datetime
    words: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One confirmation of exact words; ``seq`` counts those of a question from 1."""

    seq: int
    kind: ConfirmationKind
    tag: bytes
    channel: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class QuestionRecord:
    """A question with every step that was taken, opened for its own customer."""

    question_id: str
    purpose: str
    version: int
    origin: Origin
    catalogue_question: str | None
    conversation_id: str | None
    proposed_at: datetime
    expires_at: datetime
    ending: Ending | None
    ended_at: datetime | None
    proposal: str | None = field(repr=False)
    showing: Showing | None
    asking: Asking | None
    answer: Answer | None
    confirmations: tuple[Confirmation, ...]
    fact_id: str | None
