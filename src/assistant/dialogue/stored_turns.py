"""Turns as the store holds them: what is known of a turn that comes again, and its reply."""

from assistant.core.errors import ConflictingReuse
from assistant.dialogue.reply_codec import decode_reply
from assistant.dialogue.turns import Reply, StoredTurn
from assistant.store.conversations import RecordedTurn


def already_answered(known: RecordedTurn, text: str) -> Reply | None:
    """Return the reply of a turn that is known; None if it was never answered.

    Raises:
        ConflictingReuse: the turn said something else.
    """
    if known.text != text:
        raise ConflictingReuse("this turn_id was used for another text: send a new turn_id")
    return decode_reply(known.reply) if known.reply is not None else None


def stored_turn(turn: RecordedTurn) -> StoredTurn:
    """Return a turn of the store with its reply, as a client that resumes is sent it."""
    reply = decode_reply(turn.reply) if turn.reply is not None else None
    return StoredTurn(turn.turn_id, turn.seq, turn.text, turn.created_at, reply)
