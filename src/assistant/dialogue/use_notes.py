"""What a turn writes down about what it opened: the access log, and exactly what helped.

Written in the transaction that lets the reply leave: no note, no answer.
"""

from dataclasses import dataclass
from datetime import datetime

from assistant.core.actor import CustomerActor, Role
from assistant.dialogue.answering import Draft
from assistant.dialogue.history_access import Opened
from assistant.dialogue.turns import Reply
from assistant.profile.consent.grants import Grant
from assistant.store.access_log import Access, AccessLogRepository, Reading
from assistant.store.conversations import RecordedTurn
from assistant.store.engine import Connection
from assistant.store.uses import Use, UseRepository

CONVERSATION = "conversation"
"""Stands where a purpose stands: what was said is used in the conversation it was said in, because
the customer asked; no consent is needed for that, and none is claimed."""

_CHAT = "chat"


@dataclass(frozen=True, slots=True)
class _OpenedItems:
    """What was opened under one grant: the ids, and of which kind they are."""

    kind: str
    grant: Grant
    ids: frozenset[str]


class UseNotes:
    """Appends readings and uses of one turn."""

    def __init__(self, *, uses: UseRepository, access_log: AccessLogRepository) -> None:
        self._uses = uses
        self._access_log = access_log

    def note(
        self,
        connection: Connection,
        actor: CustomerActor,
        recorded: RecordedTurn,
        draft: Draft,
        reply: Reply,
        opened: Opened,
        at: datetime,
    ) -> None:
        """Note what was opened, and of it what the reply names as used.

        What was said before in the same conversation is opened for this conversation's sake; the
        message that a follow-up leaned on helped to answer it.
        """
        self._note_context(connection, actor, recorded, opened, leaned=draft.leaned, at=at)
        for items in _opened_items(opened):
            used = [item for item in reply.used if item.id in items.ids]
            ids = tuple(item.id for item in used)
            self._note_access(connection, actor, recorded, items, ids, at, "answer")
            self._uses.add_uses(
                connection,
                actor.customer_id,
                [
                    Use(items.kind, item.id, item.category, item.purpose, at, recorded.turn_key)
                    for item in used
                ],
            )

    def note_discarded(
        self,
        connection: Connection,
        actor: CustomerActor,
        recorded: RecordedTurn,
        opened: Opened,
        at: datetime,
    ) -> None:
        """Note what was opened and let go unused."""
        for items in _opened_items(opened):
            self._note_access(connection, actor, recorded, items, (), at, "discarded")

    def _note_context(
        self,
        connection: Connection,
        actor: CustomerActor,
        recorded: RecordedTurn,
        opened: Opened,
        *,
        leaned: bool,
        at: datetime,
    ) -> None:
        if not opened.earlier:
            return
        used = opened.earlier[-1:] if leaned else ()
        turn_key = recorded.turn_key
        entry = Access(
            role=Role.ASSISTANT,
            purpose=CONVERSATION,
            categories=frozenset({_CHAT}),
            items=len(opened.earlier),
            item_ids=used,
            at=at,
            turn_key=turn_key,
            reading="context",
        )
        self._access_log.add_access(connection, actor.customer_id, entry)
        uses = [Use("turn", item, _CHAT, CONVERSATION, at, turn_key) for item in used]
        self._uses.add_uses(connection, actor.customer_id, uses)

    def _note_access(
        self,
        connection: Connection,
        actor: CustomerActor,
        recorded: RecordedTurn,
        items: _OpenedItems,
        used: tuple[str, ...],
        at: datetime,
        reading: Reading,
    ) -> None:
        entry = Access(
            role=Role.ASSISTANT,
            purpose=items.grant.purpose,
            categories=items.grant.categories,
            items=len(items.ids),
            item_ids=used,
            at=at,
            turn_key=recorded.turn_key,
            reading=reading,
        )
        self._access_log.add_access(connection, actor.customer_id, entry)


def _opened_items(opened: Opened) -> list[_OpenedItems]:
    found = []
    if opened.history is not None:
        ids = frozenset(str(event.event_id) for event in opened.history.events)
        found.append(_OpenedItems("event", opened.history.grant, ids))
    if opened.facts is not None:
        ids = frozenset(fact.fact_id for fact in opened.facts.facts)
        found.append(_OpenedItems("fact", opened.facts.grant, ids))
    return found
