"""The socket's frames in words, for ``/docs``; a test holds the table to the code and to api.md."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class FrameKind:
    """One kind of frame: who sends it, its members, what it means."""

    name: str
    sender: Literal["client", "server"]
    members: str
    meaning: str


FRAMES: Final = (
    FrameKind(
        "hello",
        "client",
        "token, last_seen?, conversation?, lang?, gpc?",
        "The first frame. `last_seen` is the `seq` or `turn_id` of the last turn the client has.",
    ),
    FrameKind(
        "welcome",
        "server",
        "conversation, assistant, name, gpc, expires_at, resume[]",
        "`assistant` is `ai`. `gpc` says that the Global Privacy Control signal was heard, in the "
        "header `Sec-GPC` or in the hello. `resume` holds the turns after `last_seen`, oldest "
        "first, each with `turn_id`, `seq`, `text`, `at` and `reply`, which is null while it "
        "is being made.",
    ),
    FrameKind(
        "turn",
        "client",
        "turn_id, text, lang?",
        "Something the customer says. Sending the same `turn_id` again gives the same reply.",
    ),
    FrameKind("typing", "server", "turn_id, by", "The turn was received and is being answered."),
    FrameKind(
        "reply.delta",
        "server",
        "turn_id, index, text, citations[]",
        "A part of a stored reply, or all of it; all `text` in a row is the reply's text.",
    ),
    FrameKind(
        "reply", "server", "as `POST /v1/chat/turns` answers", "The whole reply; it is stored."
    ),
    FrameKind(
        "purpose_card",
        "server",
        "question_id, purpose, version, lang, title, text, text_sha256, proposed, guess, "
        "expires_at",
        "Before a why-question, after a reply, and again after `welcome` until it is acknowledged: "
        "what the answer would be for. `proposed` are words the customer volunteered, as they "
        "would be kept.",
    ),
    FrameKind(
        "card.shown",
        "client",
        "question_id, version, text_sha256, lang",
        "The card is on the screen. Answered by `question`; by `fact` where the words are there.",
    ),
    FrameKind(
        "question",
        "server",
        "question_id, text, kept_as_example, improves, choices[]",
        "The question, an example of what would be kept, and what that improves.",
    ),
    FrameKind("answer", "client", "question_id, text", "The answer; answered by `fact`."),
    FrameKind(
        "fact",
        "server",
        "question_id, state, text, fact_id?, expires_at?, question?, guess?",
        "`proposed`: the exact words that would be kept, and nothing is kept yet; `stored`: what "
        "is kept now, under `fact_id`, until `expires_at`.",
    ),
    FrameKind(
        "confirm",
        "client",
        "question_id, text",
        "Keep exactly these words; they may have been edited. Answered by `fact` `stored`.",
    ),
    FrameKind(
        "decline",
        "client",
        "question_id",
        "No thanks, at any step before `confirm`; `notice question_declined`, silent for 90 days.",
    ),
    FrameKind(
        "token", "client", "token", "A fresh token of the same person; `notice token_renewed`."
    ),
    FrameKind(
        "feedback", "client", "turn_id, helped", "Whether a reply helped; `notice feedback_noted`."
    ),
    FrameKind(
        "handoff", "client", "reason?", "A person, please; answered by `notice handoff_requested`."
    ),
    FrameKind("ping", "client", "", "Is the line alive? Answered by `pong`."),
    FrameKind("pong", "server", "", "The line is alive."),
    FrameKind(
        "notice",
        "server",
        "code, …",
        "`token_expiring` (with `expires_in` seconds, 60 s before), `token_renewed`, "
        "`feedback_noted`, `handoff_requested`, `question_declined`.",
    ),
    FrameKind(
        "problem",
        "server",
        "code, title, detail, turn_id?, question_id?, errors?, retry_after?",
        "Why a frame could not be answered; the socket stays open unless it says otherwise.",
    ),
)
"""Frames that are understood today, in the order a conversation meets them."""
