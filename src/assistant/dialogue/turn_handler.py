"""One turn, from what a customer said to a reply that is durable. Read this first.

The encoding of the text takes longest, so beside it the utterance is appended, history is read and
the words of the question are weighed.
Between the two transactions nothing is held; the second one reads consent again before it commits,
and only what it committed is ever returned.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant.core.actor import CustomerActor
from assistant.core.clock import Clock
from assistant.core.errors import NotFound
from assistant.core.ids import ConversationId, new_id
from assistant.dialogue.answering import Draft
from assistant.dialogue.conversation_log import ConversationLog, Listened, TurnKnown
from assistant.dialogue.evidence import Weighed
from assistant.dialogue.history_access import Opened
from assistant.dialogue.profile_requests import ProfileRequest
from assistant.dialogue.profile_turns import Asked, ProfileTurns
from assistant.dialogue.responder import Heard, Responder
from assistant.dialogue.small_talk import match_form
from assistant.dialogue.stored_turns import already_answered, stored_turn
from assistant.dialogue.told_facts import asks_advice
from assistant.dialogue.turns import Reply, Sentence, StoredTurn, Utterance, readable
from assistant.dialogue.understanding import understand
from assistant.retrieval.encoding import EncodingService
from assistant.store.conversations import Appended, RecordedTurn
from assistant.store.engine import Connection, Database

ObserveStage = Callable[[str, float], None]
"""Told the name of a stage and the seconds it took."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Turn:
    """A turn while it is being answered."""

    utterance: Utterance
    conversation: ConversationId
    heard: Heard

    @property
    def actor(self) -> CustomerActor:
        """Whose turn it is."""
        return self.utterance.actor


class TurnHandler:
    """Answers utterances; everything it needs is given to it."""

    def __init__(
        self,
        *,
        database: Database,
        log: ConversationLog,
        profile: ProfileTurns,
        responder: Responder,
        encoding: EncodingService,
        clock: Clock,
        observe_stage: ObserveStage = lambda _stage, _seconds: None,
    ) -> None:
        self._database = database
        self._log = log
        self._profile = profile
        self._responder = responder
        self._encoding = encoding
        self._clock = clock
        self._observe = observe_stage

    async def handle(self, utterance: Utterance) -> Reply:
        """Return the committed reply to ``utterance``; the stored one where it was answered before.

        Raises:
            InvalidInput: there is nothing to read in the text.
            TextTooLong: the text has more than ``MAX_TEXT`` characters.
            ConflictingReuse: the ``turn_id`` was used for another text.
            Overloaded: too much is waiting; the same turn can be sent again.
        """
        return await self._timed("whole", self._handle(self._hear(utterance)))

    async def turns_since(
        self, actor: CustomerActor, conversation: ConversationId, last_seen: int
    ) -> Sequence[StoredTurn]:
        """Return the turns of a conversation with ``seq`` above ``last_seen``, oldest first."""
        turns = await self._database.read(
            lambda c: self._log.list_turns(c, actor.customer_id, conversation, last_seen)
        )
        return [stored_turn(turn) for turn in turns]

    async def latest_conversation(
        self, actor: CustomerActor, *, since: datetime
    ) -> ConversationId | None:
        """Return the conversation in which the customer spoke last, if that was after ``since``."""
        return await self._database.read(
            lambda c: self._log.find_latest(c, actor.customer_id, since)
        )

    async def request_handoff(
        self, actor: CustomerActor, conversation: ConversationId, reason: str
    ) -> None:
        """Ask for a person in a conversation; asking twice is asking once."""
        at = self._clock()
        await self._database.write(
            lambda c: self._log.request_handoff(
                c, actor.customer_id, conversation, reason=reason, at=at
            )
        )

    async def give_feedback(self, actor: CustomerActor, turn_id: str, *, helped: bool) -> None:
        """Note whether a reply helped.

        Raises:
            NotFound: the turn is not the actor's, or has no reply.
        """
        at = self._clock()
        noted = await self._database.write(
            lambda c: self._log.save_feedback(c, actor.customer_id, turn_id, helped=helped, at=at)
        )
        if not noted:
            raise NotFound("there is no such turn with a reply")

    def _hear(self, utterance: Utterance) -> _Turn:
        text = readable(utterance.text)
        asked = understand(text, match_form(text))
        conversation = utterance.conversation or ConversationId(new_id())
        heard = Heard(text, self._clock(), asked, lang=utterance.lang)
        return _Turn(utterance, conversation, heard)

    async def _handle(self, turn: _Turn) -> Reply:
        """Take the turn in, three things side by side, the longest begun first; then answer it."""
        vector, appended, (opened, weighed) = await asyncio.gather(
            self._timed("encode", self._encode(turn.heard)),
            self._timed("append", self._append(turn)),
            self._read(turn),
        )
        if not appended.is_new:
            stored = already_answered(appended.turn, turn.heard.text)
            if stored is not None:
                await self._let_go(turn, appended.turn, opened)
                return stored
        heard = replace(turn.heard, vector=vector, weighed=weighed)
        if opened.pending and opened.pending.asked_in != appended.turn.seq - 1:
            opened = replace(opened, pending=None)
        if opened.previous_text and heard.asked.follow_up:
            earlier = (await self._encoding.encode([opened.previous_text]))[0]
            heard = replace(heard, previous_vector=earlier)
        return await self._answer(replace(turn, heard=heard), appended.turn, opened)

    async def _let_go(self, turn: _Turn, recorded: RecordedTurn, opened: Opened) -> None:
        """Note what was opened beside a turn that had its reply already."""
        note, at = self._log.notes.note_discarded, self._clock()
        if opened.grants:
            await self._database.write(lambda c: note(c, turn.actor, recorded, opened, at))

    async def _append(self, turn: _Turn) -> Appended:
        said, heard = turn.utterance, turn.heard
        try:
            return await self._database.write(
                lambda c: self._log.append(
                    c,
                    said.actor.customer_id,
                    turn.conversation,
                    turn_id=said.turn_id,
                    text=heard.text,
                    lang=said.lang,
                    at=heard.now,
                )
            )
        except TurnKnown as known:
            return Appended(known.turn, is_new=False)

    async def _read(self, turn: _Turn) -> tuple[Opened, Weighed]:
        """Read what the turn may know, and weigh the words of the question against it."""
        opened = await self._timed("read", self._open(turn))
        return opened, await self._timed("weigh", self._responder.weigh(turn.heard, opened))

    async def _open(self, turn: _Turn) -> Opened:
        """Read what the turn may know; a turn that opens a conversation has no turn before it."""
        conversation, turn_id = turn.utterance.conversation, turn.utterance.turn_id
        heard = turn.heard
        listened = Listened(heard.asked, heard.now, asks_advice=asks_advice(heard.text))
        return await self._database.read(
            lambda c: self._log.open(c, turn.actor, conversation, turn_id, listened)
        )

    async def _encode(self, heard: Heard) -> NDArray[np.float32]:
        if heard.asked.small_talk:
            return np.zeros(self._encoding.dimensions, np.float32)
        vector: NDArray[np.float32] = (await self._encoding.encode([heard.text]))[0]
        return vector

    async def _answer(self, turn: _Turn, recorded: RecordedTurn, opened: Opened) -> Reply:
        """Compose and commit; again, without history, where consent moved in between."""
        first = self._responder.respond(
            turn.heard, opened, lambda d: self._begin_unless_more(turn, recorded, d, opened)
        )
        draft, commit = await self._timed("respond", first)
        if draft.request is not None:
            return await self._timed("serve", self._serve(turn, recorded, draft.request, opened))
        if commit is None:
            opened = await self._database.read(
                lambda c: self._log.open_history(c, turn.actor, opened, turn.heard.asked)
            )
            if opened.history:
                commit = await self._respond_again(turn, recorded, opened)
            else:
                commit = self._begin_commit(turn, recorded, draft, opened)
        committed = await self._timed("commit", asyncio.wrap_future(commit))
        while committed is None:
            opened = opened.without_history()
            commit = await self._respond_again(turn, recorded, opened)
            committed = await asyncio.wrap_future(commit)
        return committed

    async def _respond_again(
        self, turn: _Turn, recorded: RecordedTurn, opened: Opened
    ) -> "Future[Reply | None]":
        _, commit = await self._responder.respond(
            turn.heard, opened, lambda draft: self._begin_commit(turn, recorded, draft, opened)
        )
        return commit

    def _begin_unless_more(
        self, turn: _Turn, recorded: RecordedTurn, draft: Draft, opened: Opened
    ) -> "Future[Reply | None] | None":
        """Begin to commit; None for a request, and where history has to be asked after all."""
        unasked = bool(turn.heard.asked.aspects) and not opened.asked_gate
        if draft.request is not None or (draft.state == "abstained" and unasked):
            return None
        return self._begin_commit(turn, recorded, draft, opened)

    async def _serve(
        self, turn: _Turn, recorded: RecordedTurn, request: ProfileRequest, opened: Opened
    ) -> Reply:
        """Do what is asked of the customer's own data, and reply, in one transaction."""
        at = self._clock()
        asked = Asked(turn.actor, recorded.conversation_id, at)

        def work(connection: Connection) -> Reply:
            draft = self._profile.serve(connection, asked, request)
            reply = self._reply(recorded, draft)
            return self._log.commit_served(
                connection, turn.actor, recorded, draft, reply, opened, at
            )

        try:
            return await self._database.write(work)
        except TurnKnown as known:
            stored = already_answered(known.turn, turn.heard.text)
            if stored is None:
                raise
            return stored

    def _begin_commit(
        self, turn: _Turn, recorded: RecordedTurn, draft: Draft, opened: Opened
    ) -> "Future[Reply | None]":
        """Write the reply; None if consent moved since it was read, the earlier one if there is."""
        at = self._clock()
        reply = self._reply(recorded, draft)
        return self._database.begin_write(
            lambda c: self._log.commit(c, turn.actor, recorded, draft, reply, opened, at)
        )

    def _reply(self, recorded: RecordedTurn, draft: Draft) -> Reply:
        first = (Sentence(self._responder.ai_disclosure()),) if recorded.seq == 1 else ()
        return Reply(
            turn_id=recorded.turn_id,
            conversation=recorded.conversation_id,
            sentences=(*first, *draft.sentences),
            state=draft.state,
            citations=draft.citations,
            used=draft.used,
            actions=draft.actions,
            withheld=draft.withheld,
            seq=recorded.seq,
            pending=draft.pending and replace(draft.pending, asked_in=recorded.seq),
        )

    async def _timed(self, stage: str, work: Awaitable[T]) -> T:
        begun = time.perf_counter()
        result = await work
        self._observe(stage, time.perf_counter() - begun)
        return result
