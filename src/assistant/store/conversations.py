"""Conversations and their turns: what was said, what was answered, each exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import orjson
from sqlalchemy import Connection, Row, bindparam, select, update

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.errors import NotFound
from assistant.core.ids import ConversationId, TurnKey, new_id
from assistant.store.dialects import Upsert
from assistant.store.tables.catalogue import as_stored, table_of
from assistant.store.tables.chat import ConversationRow, TurnRow
from assistant.vault.vault import Vault

_C = table_of(ConversationRow)
_T = table_of(TurnRow)
_IN = (
    _T.c.customer_id == bindparam("of_customer"),
    _T.c.conversation_id == bindparam("of_conversation"),
)
_OPEN = Upsert(_C, keys=["customer_id", "conversation_id"])
_LATEST = (
    select(_C.c.conversation_id)
    .where(_C.c.customer_id == bindparam("of_customer"))
    .order_by(_C.c.last_turn_at.desc(), _C.c.conversation_id.desc())
    .limit(1)
)
_KNOWN = select(_C.c.conversation_id).where(
    _C.c.customer_id == bindparam("of_customer"),
    _C.c.conversation_id == bindparam("of_conversation"),
)
_NEXT = (
    update(_C)
    .where(
        _C.c.customer_id == bindparam("of_customer"),
        _C.c.conversation_id == bindparam("of_conversation"),
    )
    .values(turns=_C.c.turns + 1, last_turn_at=bindparam("now"))
    .returning(_C.c.turns)
)
_ADD = Upsert(_T, keys=["customer_id", "turn_hash"])
_BY_HASH = select(_T).where(
    _T.c.customer_id == bindparam("of_customer"), _T.c.turn_hash == bindparam("of_turn")
)
_REPLY = (
    update(_T)
    .where(
        _T.c.customer_id == bindparam("of_customer"),
        _T.c.turn_key == bindparam("of_turn"),
        _T.c.reply_sealed.is_(None),
    )
    .values(
        reply_sealed=bindparam("sealed"), state=bindparam("became"), replied_at=bindparam("now")
    )
)
_SINCE = (
    select(_T)
    .where(*_IN, _T.c.seq > bindparam("after"))
    .order_by(_T.c.seq.desc())
    .limit(bindparam("at_most"))
)
_RECENT = (
    select(_T)
    .where(*_IN, _T.c.seq < bindparam("before"))
    .order_by(_T.c.seq.desc())
    .limit(bindparam("at_most"))
)
_NO_BOUND = 2**31 - 1


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    """A turn, opened: the client's ``turn_id``, the text, and the reply's bytes once there are any.

    ``state`` is ``accepted`` until the reply is written, then the reply's own state.
    """

    turn_key: TurnKey
    conversation_id: ConversationId
    seq: int
    turn_id: str
    text: str
    lang: str | None
    state: str
    created_at: datetime
    replied_at: datetime | None
    reply: bytes | None


@dataclass(frozen=True, slots=True)
class Appended:
    """A turn that is stored now, and whether this call stored it (else it was known before)."""

    turn: RecordedTurn
    is_new: bool


class ConversationRepository:
    """Appends utterances and replies, and reads turns back, for one customer at a time."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def open_conversation(
        self,
        connection: Connection,
        customer_id: str,
        conversation_id: str,
        *,
        lang: str | None,
        at: datetime,
    ) -> None:
        """Make the conversation unless the customer has it already."""
        values = {
            "customer_id": customer_id,
            "conversation_id": conversation_id,
            "created_at": to_epoch_ms(at),
            "last_turn_at": to_epoch_ms(at),
            "lang": lang,
            "turns": 0,
        }
        connection.execute(_OPEN.on(connection), values)

    def has_conversation(
        self, connection: Connection, customer_id: str, conversation_id: str
    ) -> bool:
        """Whether this conversation is the customer's own."""
        found = connection.execute(
            _KNOWN, {"of_customer": customer_id, "of_conversation": conversation_id}
        )
        return found.first() is not None

    def find_latest_conversation(
        self, connection: Connection, customer_id: str
    ) -> ConversationId | None:
        """Return the conversation the customer spoke in last."""
        found = connection.execute(_LATEST, {"of_customer": customer_id})
        return cast("ConversationId | None", found.scalar_one_or_none())

    def append_utterance(
        self,
        connection: Connection,
        customer_id: str,
        conversation_id: str,
        *,
        turn_id: str,
        text: str,
        lang: str | None,
        at: datetime,
        open_missing: bool = False,
    ) -> Appended:
        """Store what the customer said, once per ``turn_id``; a known one is returned as it was.

        Whether a known turn says the same is the caller's to compare. With ``open_missing`` a
        conversation that the customer does not have is made.

        Raises:
            NotFound: the conversation is not the customer's.
        """
        known = self.find_turn(connection, customer_id, turn_id)
        if known is not None:
            return Appended(known, is_new=False)
        seq = self._next_seq(connection, customer_id, conversation_id, at)
        if seq is None and open_missing:
            self.open_conversation(connection, customer_id, conversation_id, lang=lang, at=at)
            seq = self._next_seq(connection, customer_id, conversation_id, at)
        if seq is None:
            raise NotFound("there is no such conversation")
        turn = RecordedTurn(
            turn_key=TurnKey(new_id()),
            conversation_id=ConversationId(conversation_id),
            seq=seq,
            turn_id=turn_id,
            text=text,
            lang=lang,
            state="accepted",
            created_at=as_stored(at),
            replied_at=None,
            reply=None,
        )
        if self._insert(connection, customer_id, turn):
            return Appended(turn, is_new=True)
        known = self.find_turn(connection, customer_id, turn_id)
        if known is None:
            raise AssertionError("a turn that met an existing row must be found")
        return Appended(known, is_new=False)

    def write_reply(
        self,
        connection: Connection,
        customer_id: str,
        turn_key: str,
        *,
        reply: bytes,
        state: str,
        at: datetime,
    ) -> bool:
        """Seal and store the reply of a turn; False when the turn has one already."""
        values = {
            "of_customer": customer_id,
            "of_turn": turn_key,
            "sealed": self._vault.seal(customer_id, _T.name, f"{turn_key}/reply", reply),
            "became": state,
            "now": to_epoch_ms(at),
        }
        return connection.execute(_REPLY, values).rowcount == 1

    def find_turn(
        self, connection: Connection, customer_id: str, turn_id: str
    ) -> RecordedTurn | None:
        """Return the turn the client named ``turn_id``."""
        hashed = self._turn_hash(customer_id, turn_id)
        found = connection.execute(_BY_HASH, {"of_customer": customer_id, "of_turn": hashed})
        row = found.one_or_none()
        return None if row is None else self._opened(row)

    def list_turns(
        self,
        connection: Connection,
        customer_id: str,
        conversation_id: str,
        *,
        after_seq: int = 0,
        limit: int = 200,
    ) -> Sequence[RecordedTurn]:
        """Return the last ``limit`` turns after ``after_seq``, oldest first."""
        values = {"of_customer": customer_id, "of_conversation": conversation_id}
        rows = connection.execute(_SINCE, {**values, "after": after_seq, "at_most": limit})
        return [self._opened(row) for row in rows][::-1]

    def list_recent_turns(
        self,
        connection: Connection,
        customer_id: str,
        conversation_id: str,
        *,
        limit: int,
        before_seq: int = _NO_BOUND,
    ) -> Sequence[RecordedTurn]:
        """Return the last ``limit`` turns before ``before_seq``, oldest first."""
        values = {"of_customer": customer_id, "of_conversation": conversation_id}
        rows = connection.execute(_RECENT, {**values, "before": before_seq, "at_most": limit})
        return [self._opened(row) for row in rows][::-1]

    def _next_seq(
        self, connection: Connection, customer_id: str, conversation_id: str, at: datetime
    ) -> int | None:
        values = {
            "of_customer": customer_id,
            "of_conversation": conversation_id,
            "now": to_epoch_ms(at),
        }
        seq = connection.execute(_NEXT, values).scalar_one_or_none()
        return cast("int | None", seq)

    def _insert(self, connection: Connection, customer_id: str, turn: RecordedTurn) -> bool:
        said = orjson.dumps({"turn_id": turn.turn_id, "text": turn.text, "lang": turn.lang})
        place = f"{turn.turn_key}/utterance"
        values = {
            "customer_id": customer_id,
            "turn_key": turn.turn_key,
            "conversation_id": turn.conversation_id,
            "seq": turn.seq,
            "turn_hash": self._turn_hash(customer_id, turn.turn_id),
            "utterance_sealed": self._vault.seal(customer_id, _T.name, place, said),
            "state": turn.state,
            "created_at": to_epoch_ms(turn.created_at),
        }
        return connection.execute(_ADD.on(connection), values).rowcount == 1

    def _opened(self, row: Row[*tuple[Any, ...]]) -> RecordedTurn:
        customer, key = row.customer_id, row.turn_key
        place = f"{key}/utterance"
        said = orjson.loads(self._vault.open(customer, _T.name, place, row.utterance_sealed))
        reply = row.reply_sealed
        return RecordedTurn(
            turn_key=key,
            conversation_id=row.conversation_id,
            seq=row.seq,
            turn_id=said["turn_id"],
            text=said["text"],
            lang=said["lang"],
            state=row.state,
            created_at=from_epoch_ms(row.created_at),
            replied_at=None if row.replied_at is None else from_epoch_ms(row.replied_at),
            reply=reply and self._vault.open(customer, _T.name, f"{key}/reply", reply),
        )

    def _turn_hash(self, customer_id: str, turn_id: str) -> bytes:
        return self._vault.keyed_hash(customer_id, "turn", turn_id.encode())
