"""A turn's two meetings with the database: what it reads and appends, and what it commits.

Everything here runs inside a unit of work on a store thread. History is opened only under a grant,
and only where the question asks for something of the customer's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from assistant.core.actor import CustomerActor, Role
from assistant.core.errors import NotFound
from assistant.core.ids import ConversationId, CustomerId
from assistant.dialogue.answering import Draft
from assistant.dialogue.asking import Asking
from assistant.dialogue.earlier_turns import LOOKED_BACK, look_back
from assistant.dialogue.fact_access import FactAccess
from assistant.dialogue.history_access import HistoryAccess, Opened
from assistant.dialogue.policy import Access
from assistant.dialogue.reply_codec import decode_reply, encode_reply
from assistant.dialogue.turns import Reply
from assistant.dialogue.understanding import Understanding
from assistant.dialogue.use_notes import UseNotes
from assistant.store.conversations import Appended, ConversationRepository, RecordedTurn
from assistant.store.engine import Connection
from assistant.store.feedback import FeedbackRepository, KnowledgeGap
from assistant.store.handoffs import HandoffRepository


@dataclass(frozen=True, slots=True)
class Listened:
    """Of an utterance, what decides what is read for it."""

    asked: Understanding
    now: datetime
    asks_advice: bool = False


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
        notes: UseNotes,
        history: HistoryAccess,
        facts: FactAccess,
        asking: Asking,
    ) -> None:
        self._conversations = conversations
        self._feedback = feedback
        self._handoffs = handoffs
        self.notes = notes
        self._history = history
        self._facts = facts
        self._asking = asking

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
        heard: Listened,
    ) -> Opened:
        """Read the turns before, and what of the customer's own the question asks for.

        That is history for a question about it, and facts where advice is asked for.
        """
        asked, visitor = heard.asked, actor.role is not Role.CUSTOMER
        before = self._turns_before(connection, actor.customer_id, conversation, turn_id)
        access: Access = "not_signed_in" if visitor else "not_allowed"
        opened = look_back(before, access=access, now=heard.now)
        if not visitor:
            opened = self._asking.look_up(connection, actor, conversation, opened, now=heard.now)
        if asked.small_talk == "handoff":
            wanted = self._has_asked_person(connection, actor.customer_id, conversation)
            opened = replace(opened, asked_person=wanted)
        if heard.asks_advice:
            opened = replace(opened, facts=self._facts.open(connection, actor, now=heard.now))
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
        if not all(self._history.still_holds(connection, grant) for grant in opened.grants):
            self.notes.note_discarded(connection, actor, recorded, opened, at)
            return None
        if draft.proposed is not None:
            card = self._asking.propose(connection, actor, recorded, draft.proposed, at)
            reply = replace(reply, card=card)
        if not self._write(connection, actor, recorded, reply, at):
            self.notes.note_discarded(connection, actor, recorded, opened, at)
            return self._earlier_reply(connection, actor.customer_id, recorded.turn_id)
        self.notes.note(connection, actor, recorded, draft, reply, opened, at)
        if draft.gap:
            gap = KnowledgeGap(actor.customer_id, recorded.turn_key, draft.nearest, draft.score, at)
            self._feedback.add_gap(connection, gap)
        if draft.state == "handoff":
            self._handoffs.request(
                connection, actor.customer_id, recorded.conversation_id, reason="asked", at=at
            )
        return reply

    def commit_served(
        self,
        connection: Connection,
        actor: CustomerActor,
        recorded: RecordedTurn,
        draft: Draft,
        reply: Reply,
        opened: Opened,
        at: datetime,
    ) -> Reply:
        """Write the reply to a request that was carried out in this transaction.

        What was opened beside it is let go. A deletion may take its own turn with it; then there is
        no place to write the reply to, and it is only returned.

        Raises:
            TurnKnown: another process answered first; what was carried out must be undone.
        """
        self.notes.note_discarded(connection, actor, recorded, opened, at)
        if draft.takes_turn or self._write(connection, actor, recorded, reply, at):
            return reply
        turn = self._conversations.find_turn(connection, actor.customer_id, recorded.turn_id)
        if turn is not None and turn.reply is not None:
            raise TurnKnown(turn)
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
            connection, customer_id, conversation, limit=LOOKED_BACK + 1
        )
        return [turn for turn in recent if turn.turn_id != turn_id][-LOOKED_BACK:]

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

    def _write(
        self,
        connection: Connection,
        actor: CustomerActor,
        recorded: RecordedTurn,
        reply: Reply,
        at: datetime,
    ) -> bool:
        return self._conversations.write_reply(
            connection,
            actor.customer_id,
            recorded.turn_key,
            reply=encode_reply(reply),
            state=reply.state,
            at=at,
        )

    def _earlier_reply(
        self, connection: Connection, customer_id: CustomerId, turn_id: str
    ) -> Reply:
        turn = self._conversations.find_turn(connection, customer_id, turn_id)
        if turn is None or turn.reply is None:
            raise NotFound("the turn was deleted while it was being answered")
        return decode_reply(turn.reply)
