"""A turn's two meetings with the database: what it reads and appends, and what it commits.

Everything here runs inside a unit of work on a store thread. History is opened only under a grant,
and only where the question asks for something of the customer's own.
"""

from collections.abc import Sequence
from datetime import datetime

from assistant.core.actor import CustomerActor, Role
from assistant.core.errors import NotFound
from assistant.core.ids import ConversationId, CustomerId, EventId
from assistant.dialogue.answering import Draft
from assistant.dialogue.history_access import PURPOSE, HistoryAccess, Opened
from assistant.dialogue.record_choice import NOTHING_SAID, SaidBefore
from assistant.dialogue.reply_codec import decode_reply, encode_reply
from assistant.dialogue.turns import Reply
from assistant.dialogue.understanding import Understanding
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.conversations import Appended, ConversationRepository, RecordedTurn
from assistant.store.engine import Connection
from assistant.store.feedback import FeedbackRepository, KnowledgeGap
from assistant.store.handoffs import HandoffRepository
from assistant.store.uses import Use, UseRepository

_LOOKED_BACK = 3
"""Turns before this one in which what "it" means is looked for."""


class TurnKnown(Exception):
    """The turn is stored already; raised to undo what this one may have begun beside it."""

    def __init__(self, turn: RecordedTurn) -> None:
        super().__init__("the turn is stored already")
        self.turn = turn


class ConversationLog:
    """Reads and writes for one turn, as units of work."""

    def __init__(
        self,
        *,
        conversations: ConversationRepository,
        feedback: FeedbackRepository,
        handoffs: HandoffRepository,
        uses: UseRepository,
        access_log: AccessLogRepository,
        history: HistoryAccess,
    ) -> None:
        self._conversations = conversations
        self._feedback = feedback
        self._handoffs = handoffs
        self._uses = uses
        self._access_log = access_log
        self._history = history

    def append(
        self,
        connection: Connection,
        customer_id: CustomerId,
        conversation: ConversationId,
        *,
        turn_id: str,
        text: str,
        lang: str | None,
        at: datetime,
    ) -> Appended:
        """Store the utterance once, in a conversation that is made when it is new.

        Raises:
            TurnKnown: it is stored already, perhaps since a moment ago by another process; without
                undoing, an empty conversation would stay.
        """
        appended = self._conversations.append_utterance(
            connection,
            customer_id,
            conversation,
            turn_id=turn_id,
            text=text,
            lang=lang,
            at=at,
            open_missing=True,
        )
        if not appended.is_new:
            raise TurnKnown(appended.turn)
        return appended

    def open(
        self,
        connection: Connection,
        actor: CustomerActor,
        conversation: ConversationId | None,
        turn_id: str,
        asked: Understanding,
    ) -> Opened:
        """Read the turns before, and history if the question asks for the customer's own."""
        before = self._turns_before(connection, actor.customer_id, conversation, turn_id)
        last = _reply(before[-1]) if before else None
        opened = Opened(
            access="not_signed_in" if actor.role is Role.VISITOR else "not_allowed",
            previous_text=before[-1].text if before else None,
            said_before=_spoken_of(before),
            offered_person=last is not None and [a.kind for a in last.actions] == ["handoff"],
            asked_person=asked.small_talk == "handoff"
            and self._has_asked_person(connection, actor.customer_id, conversation),
        )
        if asked.own or (asked.follow_up and opened.said_before.events):
            return self._history.open(connection, actor, opened, asked)
        return opened

    def open_history(
        self, connection: Connection, actor: CustomerActor, opened: Opened, asked: Understanding
    ) -> Opened:
        """Open history after all, for a question that did not seem to need it."""
        return self._history.open(connection, actor, opened, asked)

    def commit(
        self,
        connection: Connection,
        actor: CustomerActor,
        recorded: RecordedTurn,
        draft: Draft,
        reply: Reply,
        opened: Opened,
        at: datetime,
    ) -> Reply | None:
        """Write reply, uses and access log; None, and nothing written, if consent has moved.

        Where another process answered the same turn first, its reply is returned.
        """
        if opened.grant and not self._history.still_holds(connection, opened.grant):
            return None
        customer_id, turn_key = actor.customer_id, recorded.turn_key
        written = self._conversations.write_reply(
            connection, customer_id, turn_key, reply=encode_reply(reply), state=reply.state, at=at
        )
        if not written:
            return self._earlier_reply(connection, customer_id, recorded.turn_id)
        self._note_reading(connection, actor, recorded, reply, opened, at)
        if draft.state == "abstained":
            gap = KnowledgeGap(customer_id, turn_key, draft.nearest, draft.score, at)
            self._feedback.add_gap(connection, gap)
        if draft.state == "handoff":
            self._handoffs.request(
                connection, customer_id, recorded.conversation_id, reason="asked", at=at
            )
        return reply

    def list_turns(
        self,
        connection: Connection,
        customer_id: CustomerId,
        conversation: ConversationId,
        last_seen: int,
    ) -> Sequence[RecordedTurn]:
        """Return the turns of a conversation that follow ``last_seen``."""
        return self._conversations.list_turns(
            connection, customer_id, conversation, after_seq=last_seen
        )

    def find_latest(
        self, connection: Connection, customer_id: CustomerId, since: datetime
    ) -> ConversationId | None:
        """Return the conversation spoken in last, if that was after ``since``."""
        latest = self._conversations.find_latest_conversation(connection, customer_id)
        if latest is None:
            return None
        turns = self._conversations.list_recent_turns(connection, customer_id, latest, limit=1)
        return latest if turns and turns[0].created_at >= since else None

    def request_handoff(
        self,
        connection: Connection,
        customer_id: CustomerId,
        conversation: ConversationId,
        *,
        reason: str,
        at: datetime,
    ) -> None:
        """Ask for a person, in a conversation that is made when it is new."""
        self._conversations.open_conversation(
            connection, customer_id, conversation, lang=None, at=at
        )
        self._handoffs.request(connection, customer_id, conversation, reason=reason, at=at)

    def save_feedback(
        self,
        connection: Connection,
        customer_id: CustomerId,
        turn_id: str,
        *,
        helped: bool,
        at: datetime,
    ) -> bool:
        """Note whether a reply helped; False where there is no such turn with a reply."""
        turn = self._conversations.find_turn(connection, customer_id, turn_id)
        if turn is None or turn.reply is None:
            return False
        self._feedback.save_feedback(connection, customer_id, turn.turn_key, helped=helped, at=at)
        return True

    def _turns_before(
        self,
        connection: Connection,
        customer_id: CustomerId,
        conversation: ConversationId | None,
        turn_id: str,
    ) -> Sequence[RecordedTurn]:
        """Return the few turns before this one, which may or may not be stored yet."""
        if conversation is None:
            return ()
        recent = self._conversations.list_recent_turns(
            connection, customer_id, conversation, limit=_LOOKED_BACK + 1
        )
        return [turn for turn in recent if turn.turn_id != turn_id][-_LOOKED_BACK:]

    def _has_asked_person(
        self,
        connection: Connection,
        customer_id: CustomerId,
        conversation: ConversationId | None,
    ) -> bool:
        if conversation is None:
            return False
        found = self._handoffs.find_handoff(connection, customer_id, conversation)
        return found is not None

    def _note_reading(
        self,
        connection: Connection,
        actor: CustomerActor,
        recorded: RecordedTurn,
        reply: Reply,
        opened: Opened,
        at: datetime,
    ) -> None:
        if opened.history is None or opened.grant is None:
            return
        used = tuple(item.id for item in reply.used)
        entry = Access(
            role=Role.ASSISTANT,
            purpose=PURPOSE,
            categories=opened.grant.categories,
            items=len(opened.history.events),
            item_ids=used,
            at=at,
            turn_key=recorded.turn_key,
        )
        self._access_log.add_access(connection, actor.customer_id, entry)
        uses = [
            Use("event", item.id, item.category, item.purpose, at, recorded.turn_key)
            for item in reply.used
        ]
        self._uses.add_uses(connection, actor.customer_id, uses)

    def _earlier_reply(
        self, connection: Connection, customer_id: CustomerId, turn_id: str
    ) -> Reply:
        turn = self._conversations.find_turn(connection, customer_id, turn_id)
        if turn is None or turn.reply is None:
            raise NotFound("the turn was deleted while it was being answered")
        return decode_reply(turn.reply)


def _reply(turn: RecordedTurn) -> Reply | None:
    return decode_reply(turn.reply) if turn.reply is not None else None


def _spoken_of(turns: Sequence[RecordedTurn]) -> SaidBefore:
    """Return the events that were cited last, and what the customer said in the turns about them.

    A question about the shop in between ("how do I return it?") does not change what "it" is.
    """
    spoken = NOTHING_SAID
    for turn in reversed(turns):
        cited = _cited_events(_reply(turn))
        if not spoken.events and cited:
            spoken = SaidBefore(cited, turn.text)
        elif spoken.events & cited:
            spoken = SaidBefore(spoken.events, f"{turn.text}\n{spoken.text}")
    return spoken


def _cited_events(reply: Reply | None) -> frozenset[EventId]:
    cited = reply.citations if reply else ()
    return frozenset(EventId(citation.id) for citation in cited if citation.kind == "event")
