"""What goes into a turn and what comes out of it: utterance, reply, citations, uses, actions."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from assistant.core.actor import CustomerActor
from assistant.core.errors import InvalidInput, TextTooLong
from assistant.core.ids import ConversationId

CitationKind = Literal["passage", "event", "fact"]

ReplyState = Literal["answered", "abstained", "chatting", "handoff"]
"""``chatting`` is a reply that states no fact (a greeting, thanks, a question back)."""

ActionKind = Literal["handoff", "consent", "sign_in", "choose", "link"]

MAX_TEXT = 4000
"""Characters a customer may send in one turn."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing a customer said; ``turn_id`` is the client's idempotency key."""

    actor: CustomerActor
    turn_id: str
    text: str
    conversation: ConversationId | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a sentence comes from: a passage of knowledge, or a record of the customer's own.

    For an event ``ref`` is ``source#id`` as the business system sent it; for a passage it is the
    document's path in the pack.
    """

    id: str
    kind: CitationKind
    title: str
    ref: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a reply with the ids of the citations that carry it."""

    text: str
    citations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UsedItem:
    """One personal item that helped to make the reply."""

    id: str
    category: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Action:
    """Something the customer may do next with one tap.

    ``purpose`` and ``categories`` are set for ``consent``; ``text`` is what ``choose`` would say in
    the customer's place, ``ref`` where ``link`` leads: an address of the interface.
    """

    kind: ActionKind
    label: str
    purpose: str | None = None
    categories: tuple[str, ...] = ()
    text: str | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """What a reply asked back about; only the turn after that reply can say yes to it.

    ``category`` is a data category, ``conversation``, ``all_data`` or ``everything``; ``asked_in``
    the number of the turn that asked; ``act`` what a yes does to it.
    """

    category: str
    asked_in: int = 0
    act: Literal["forget", "stop_using"] = "forget"


@dataclass(frozen=True, slots=True)
class Reply:
    """The whole reply to one utterance, as it is stored, sent, and sent again."""

    turn_id: str
    conversation: ConversationId
    sentences: tuple[Sentence, ...]
    state: ReplyState
    citations: tuple[Citation, ...] = ()
    used: tuple[UsedItem, ...] = ()
    actions: tuple[Action, ...] = ()
    withheld: tuple[str, ...] = ()
    """Data categories that might have helped and were not read, because no grant opened them."""
    seq: int = 0
    """Number of the turn in its conversation, from 1; what a client sends back as ``last_seen``."""
    pending: PendingRequest | None = None
    card: str | None = None
    """The id of the why-question whose purpose card comes with this reply."""

    @property
    def text(self) -> str:
        """The sentences as one text; a sentence that opens a list item begins a new line."""
        return join_sentences(self.sentences)

    @property
    def abstained(self) -> bool:
        """Whether the reply says that no answer was found."""
        return self.state == "abstained"


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A turn as it was stored, opened for its own customer; ``reply`` is None until made."""

    turn_id: str
    seq: int
    text: str
    at: datetime
    reply: Reply | None


_LIST_ITEM = re.compile(r"(?:[-•*]|\d{1,2}[.)])\s")


def join_sentences(sentences: tuple[Sentence, ...]) -> str:
    """Join sentences with spaces, and with a line break before a list item or where one begins."""
    text = ""
    for sentence in sentences:
        if not text or sentence.text.startswith("\n"):
            text += sentence.text
        elif _LIST_ITEM.match(sentence.text):
            text += "\n" + sentence.text
        else:
            text += " " + sentence.text
    return text


def readable(text: str) -> str:
    """Return ``text`` without control characters and outer spaces.

    Raises:
        InvalidInput: nothing is left.
        TextTooLong: too much is left.
    """
    kept = "".join(c for c in text if c in "\n\t" or (c.isprintable() or c == "\u200d"))
    kept = kept.strip()
    if not kept:
        raise InvalidInput("the text is empty: send what the customer wrote in `text`")
    if len(kept) > MAX_TEXT:
        raise TextTooLong(f"the text has {len(kept)} characters; at most {MAX_TEXT} are read")
    return kept
