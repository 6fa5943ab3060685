"""Takes the words of erased items out of stored replies.

A reply that used an item tells its words again, so it loses its text as a whole and says why. The
turn itself stays: what the customer said there was not erased.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from assistant.dialogue.reply_codec import decode_reply, encode_reply
from assistant.dialogue.turns import Reply, Sentence
from assistant.store.engine import Connection
from assistant.store.stored_replies import StoredReplies

SAYS_SO = "This reply was erased, because it used something that was erased."
PERSONAL = frozenset({"event", "fact"})

_PORTION = 200


class ReplyEraser:
    """Empties replies of one customer; runs inside the caller's write."""

    def __init__(self, *, replies: StoredReplies) -> None:
        self._replies = replies

    def erase_using(
        self, connection: Connection, customer_id: str, item_ids: Collection[str]
    ) -> int:
        """Empty every reply that is recorded to have used one of the items; return how many."""
        keys = self._replies.list_using(connection, customer_id, item_ids)
        named = self._replies.list_named(connection, customer_id, keys)
        return self._empty(connection, customer_id, named, lambda _reply: True)

    def erase_citing(
        self, connection: Connection, customer_id: str, known: Collection[str], *, after: str
    ) -> str | None:
        """Look through the next replies for items that are not ``known`` any more.

        What is recorded as used should tell the same; this does not rely on it. Returns the key to
        go on ``after``, None at the end.
        """
        portion = self._replies.list_after(connection, customer_id, after=after, limit=_PORTION)
        self._empty(
            connection, customer_id, portion, lambda reply: bool(personal_items(reply) - set(known))
        )
        return portion[-1][0] if len(portion) == _PORTION else None

    def _empty(
        self,
        connection: Connection,
        customer_id: str,
        sealed: Iterable[tuple[str, bytes]],
        wanted: Callable[[Reply], bool],
    ) -> int:
        emptied = 0
        for turn_key, old in sealed:
            reply = decode_reply(self._replies.open(customer_id, turn_key, old))
            if wanted(reply):
                content = encode_reply(without_words(reply))
                emptied += self._replies.replace(
                    connection, customer_id, turn_key, old=old, reply=content
                )
        return emptied


def personal_items(reply: Reply) -> set[str]:
    """Return the ids of the customer's own items that a reply cites or used."""
    cited = {citation.id for citation in reply.citations if citation.kind in PERSONAL}
    return cited | {item.id for item in reply.used}


def without_words(reply: Reply) -> Reply:
    """Return the reply with its place in the conversation and nothing of what it told."""
    return replace(
        reply, sentences=(Sentence(SAYS_SO),), citations=(), used=(), actions=(), withheld=()
    )
