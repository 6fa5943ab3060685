"""Shapes of the chat: turns and replies over HTTP, frames on the socket."""

from typing import Annotated, Literal

from pydantic import Field

from assistant.web.schemas.base import ClientId, Incoming, LanguageTag, Outgoing, Uuid

HandoffReason = Literal["asked", "no_answer", "wrong_answer", "complaint", "other"]
"""Why a person is wanted; a closed set, so that nothing personal can hide in it."""


class TurnRequest(Incoming):
    """One thing a customer says."""

    turn_id: ClientId | None = Field(
        default=None,
        description="The idempotency key; may be left out where `Idempotency-Key` is sent.",
    )
    text: str = Field(description="At most 4,000 characters.", min_length=1)
    conversation: Uuid | None = Field(default=None, description="As an earlier reply gave it.")
    lang: LanguageTag | None = None


class SentenceBody(Outgoing):
    """A sentence with the citations that carry it."""

    text: str
    citations: list[str]


class CitationBody(Outgoing):
    """Where a sentence comes from; for an event `ref` is `source#id`."""

    id: str
    kind: Literal["passage", "event", "fact"]
    title: str
    ref: str


class UsedBody(Outgoing):
    """A personal item that helped to make the reply."""

    id: str
    category: str
    purpose: str


class ActionBody(Outgoing):
    """Something the customer may do next with one tap."""

    kind: Literal["handoff", "consent", "sign_in", "choose", "link"]
    label: str
    purpose: str | None = None
    categories: list[str] = Field(default_factory=list)
    text: str | None = None
    ref: str | None = Field(default=None, description="Where a `link` leads: a call of this page.")


class ReplyBody(Outgoing):
    """The committed reply to one turn."""

    turn_id: str
    conversation: str
    seq: int = Field(description="Number in the conversation, from 1; `last_seen` of a hello.")
    text: str
    sentences: list[SentenceBody]
    citations: list[CitationBody]
    used: list[UsedBody]
    abstained: bool
    state: Literal["answered", "abstained", "chatting", "handoff"]
    actions: list[ActionBody]
    withheld: list[str] = Field(
        description="Categories that might have helped and were not read: nothing allows it."
    )
    card: str | None = Field(
        default=None,
        description="The why-question whose purpose card comes with this reply; see "
        "`GET /v1/me/questions`.",
    )


class FeedbackRequest(Incoming):
    """Whether a reply helped."""

    turn_id: ClientId
    helped: bool


class HandoffRequest(Incoming):
    """A person, please."""

    conversation: Uuid | None = None
    reason: HandoffReason = "asked"


class HandoffBody(Outgoing):
    """The request for a person was noted."""

    conversation: str
    state: Literal["requested"]


class HelloFrame(Incoming):
    """The first frame of a socket."""

    token: str = Field(max_length=8192)
    last_seen: Annotated[int, Field(ge=0, le=2**53)] | ClientId | None = Field(
        default=None, description="`seq` or `turn_id` of the last turn the client has."
    )
    conversation: Uuid | None = None
    lang: LanguageTag | None = None
    gpc: bool = Field(
        default=False,
        description="The browser's Global Privacy Control, which its socket may not send along.",
    )


class TokenFrame(Incoming):
    """A fresh token of the same customer."""

    token: str = Field(max_length=8192)


class TurnFrame(Incoming):
    """One thing a customer says; answered by `typing`, `reply.delta`… and `reply`."""

    turn_id: ClientId
    text: str = Field(min_length=1)
    lang: LanguageTag | None = None


class QuestionFrame(Incoming):
    """A step that only names its question: `decline`."""

    question_id: Uuid


class CardShownFrame(QuestionFrame):
    """The purpose card was on the screen: what is echoed of it."""

    version: Annotated[int, Field(ge=1, le=2**31)]
    text_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    lang: LanguageTag


class QuestionWordsFrame(QuestionFrame):
    """The customer's words: `answer`, or exactly what is to be kept: `confirm`."""

    text: str = Field(min_length=1, max_length=4000)


class HandoffFrame(Incoming):
    """A person, please, for this socket's conversation."""

    reason: HandoffReason = "asked"
