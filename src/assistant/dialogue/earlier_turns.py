"""What the few turns before this one mean for it: what "it" is, what awaits a yes.

Pure, over turns of one conversation that were opened for their own customer.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from assistant.core.ids import EventId
from assistant.dialogue.history_access import Opened
from assistant.dialogue.policy import Access
from assistant.dialogue.record_choice import NOTHING_SAID, SaidBefore
from assistant.dialogue.reply_codec import decode_reply
from assistant.dialogue.turns import PendingRequest, Reply
from assistant.store.conversations import RecordedTurn

LOOKED_BACK = 3
"""Turns before this one in which what "it" means is looked for."""

CONFIRM_WITHIN = timedelta(minutes=10)
"""How long a yes counts for what was asked about."""


def look_back(before: Sequence[RecordedTurn], *, access: Access, now: datetime) -> Opened:
    """Return what is known from ``before`` (oldest first), nothing of the customer's own opened."""
    replies = [_reply(turn) for turn in before]
    last = replies[-1] if replies else None
    return Opened(
        access=access,
        previous_text=before[-1].text if before else None,
        said_before=_spoken_of(before, replies),
        offered_person=last is not None and [a.kind for a in last.actions] == ["handoff"],
        earlier_texts=tuple(turn.text for turn in before),
        earlier=tuple(turn.turn_key for turn in before),
        asked_why=any(reply is not None and reply.card for reply in replies),
        pending=_pending(before[-1], last, now) if last else None,
    )


def _pending(turn: RecordedTurn, reply: Reply, now: datetime) -> PendingRequest | None:
    """Return the request that the turn before asked about, while a yes counts for it."""
    if reply.pending is None or turn.replied_at is None:
        return None
    in_time = now - turn.replied_at <= CONFIRM_WITHIN
    return replace(reply.pending, asked_in=turn.seq) if in_time else None


def _reply(turn: RecordedTurn) -> Reply | None:
    return decode_reply(turn.reply) if turn.reply is not None else None


def _spoken_of(turns: Sequence[RecordedTurn], replies: Sequence[Reply | None]) -> SaidBefore:
    """Return the events that were cited last, and what the customer said in the turns about them.

    A question about the shop in between ("how do I return it?") does not change what "it" is.
    """
    spoken = NOTHING_SAID
    for turn, reply in zip(reversed(turns), reversed(replies), strict=True):
        cited = _cited_events(reply)
        if not spoken.events and cited:
            spoken = SaidBefore(cited, turn.text)
        elif spoken.events & cited:
            spoken = SaidBefore(spoken.events, f"{turn.text}\n{spoken.text}")
    return spoken


def _cited_events(reply: Reply | None) -> frozenset[EventId]:
    cited = reply.citations if reply else ()
    return frozenset(EventId(citation.id) for citation in cited if citation.kind == "event")
