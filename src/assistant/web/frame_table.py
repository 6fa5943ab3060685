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
        "token, last_seen?, conversation?, lang?",
        "The first frame. `last_seen` is the `seq` or `turn_id` of the last turn the client has.",
    ),
    FrameKind(
        "welcome",
        "server",
        "conversation, assistant, name, expires_at, resume[]",
        "`assistant` is `ai`. `resume` holds the turns after `last_seen`, oldest first, each with "
        "`turn_id`, `seq`, `text`, `at` and `reply`, which is null while it is being made.",
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
        "A sentence of a stored reply; all `text` in a row is the reply's text.",
    ),
    FrameKind(
        "reply", "server", "as `POST /v1/chat/turns` answers", "The whole reply; it is stored."
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
        "`feedback_noted`, `handoff_requested`.",
    ),
    FrameKind(
        "problem",
        "server",
        "code, title, detail, turn_id?, errors?, retry_after?",
        "Why a frame could not be answered; the socket stays open unless it says otherwise.",
    ),
)
"""Frames that are understood today, in the order a conversation meets them."""
