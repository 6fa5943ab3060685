"""Which rows an erasure of each scope is about, table by table, children before parents.

What a table belongs to is said by the catalogue; only what rows mean to each other is said here: a
turn lies in a conversation, a step in a question. A test seeds every table and sees that an erasure
of everything leaves none of its rows.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    exists,
    not_,
    or_,
    select,
    true,
)

from assistant.core.erasure import Extent
from assistant.store.expiry_cuts import cuts_of, expired_events, old_words_of
from assistant.store.tables import CATALOGUE, METADATA, ErasureRule

ACCOUNT = frozenset({"identity", "consent", "preferences", "erasure"})
"""What stays when all data goes and the account is kept: who it is, what they decided, erased."""

NO_DATA_CATEGORY = ACCOUNT | {"history", "uses", "access_log"}
"""Words of the catalogue that stand for no data category of their own."""

QUESTION_TABLES = frozenset(
    {"facts", "confirmations", "answers", "askings", "card_showings", "why_questions"}
)
_OF_FACT = frozenset({"facts", "confirmations", "answers"})
_NOTES = frozenset({"feedback", "knowledge_gaps"})
_SPOKEN = _NOTES | {"turns", "handoff_requests", "conversations"}
_MADE_AT = {
    "events": "received_at",
    "turns": "created_at",
    "conversations": "created_at",
    "handoff_requests": "requested_at",
    "why_questions": "proposed_at",
    "facts": "valid_from",
    "consent_events": "at",
    "uses": "at",
    "access_log": "at",
    "preferences": "changed_at",
    "customers": "created_at",
}
"""When a row was made; others are as old as the turn or the question they belong to."""

_CHUNK = 500

_Q = METADATA.tables["why_questions"]
_A = METADATA.tables["answers"]
_F = METADATA.tables["facts"]
_T = METADATA.tables["turns"]
_C = METADATA.tables["conversations"]
_H = METADATA.tables["handoff_requests"]
_E = METADATA.tables["events"]
_CHAT = "chat"

Selection = tuple[Table, ColumnElement[bool]]


class ScopeRows:
    """The rows of one customer that are in scope, as conditions on the tables they lie in.

    Steps of questions are named by the ids of their questions, at most 500 at a time, because the
    rows that tell which those are go with them.
    """

    def __init__(
        self,
        connection: Connection,
        customer_id: str,
        *,
        kind: Extent,
        target: str | None,
        before: int | None = None,
    ) -> None:
        """Select what was made at or before ``before`` (milliseconds since 1970), or all."""
        self._connection = connection
        self._customer_id = customer_id
        self._target = target or ""
        self._before = before
        self._condition = _CONDITIONS[kind]
        self._kind = kind

    def selections(self) -> Iterator[Selection]:
        """Yield each table that is concerned with the condition its rows in scope fulfil."""
        tables = [table for table in reversed(METADATA.sorted_tables) if _may_go(table)]
        tables.sort(key=lambda table: table.name != "uses")  # they point at what goes after them
        for table in tables:
            condition = self._condition(self, table)
            if condition is not None:
                condition = and_(table.c.customer_id == self._customer_id, condition)
                yield table, self._older(table, condition)

    def everything(self, table: Table) -> ColumnElement[bool] | None:
        """Return the condition of all rows of every table."""
        del table
        return true()

    def all_data(self, table: Table) -> ColumnElement[bool] | None:
        """Return the condition of all rows but those of the account."""
        return None if CATALOGUE[table.name].category in ACCOUNT else true()

    def category(self, table: Table) -> ColumnElement[bool] | None:
        """Return what is of one data category: events one by one, other tables whole."""
        if table.name in {"events", "uses"}:
            return table.c.category == self._target
        if self._target in NO_DATA_CATEGORY:
            return None
        if CATALOGUE[table.name].category == self._target:
            return true()
        if self._target == "chat" and table.name in _SPOKEN:
            return true()
        if self._target == "chat" and table.name in QUESTION_TABLES:
            return table.c.question_id.in_(self._questions)
        return None

    def conversation(self, table: Table) -> ColumnElement[bool] | None:
        """Return what was said in one conversation, and noted about it."""
        if table.name in _NOTES | {"uses"}:
            in_it = select(_T.c.turn_key).where(
                _T.c.customer_id == self._customer_id, _T.c.conversation_id == self._target
            )
            return table.c.turn_key.in_(in_it)
        if table.name in _SPOKEN:
            return table.c.conversation_id == self._target
        if table.name in QUESTION_TABLES:
            return table.c.question_id.in_(self._questions)
        return None

    def item(self, table: Table) -> ColumnElement[bool] | None:
        """Return the one event, turn, question or fact with this id, and what belongs to it."""
        if table.name == "events":
            return table.c.event_id == self._target
        if table.name == "uses":
            return or_(table.c.item_id == self._target, table.c.turn_key == self._target)
        if table.name in _NOTES | {"turns"}:
            return table.c.turn_key == self._target
        if table.name in QUESTION_TABLES:
            wordless = table.name not in _OF_FACT  # what was shown and asked is no part of a fact
            return table.c.question_id.in_(self._questions if wordless else self._with_fact)
        return None

    def expired(self, table: Table) -> ColumnElement[bool] | None:
        """Return events and turns from before the end of what was said about their category."""
        cuts = cuts_of(self._target)
        if table.name == "events":
            return expired_events(cuts)
        chat = cuts.get(_CHAT)
        if table.name == "uses":
            old = select(_E.c.event_id).where(_E.c.customer_id == self._customer_id)
            used = table.c.item_id.in_(old.where(expired_events(cuts)))
            return used if chat is None else or_(used, table.c.turn_key.in_(self._old_turns(chat)))
        if chat is None or table.name not in _SPOKEN:
            return None
        if table.name in _NOTES:
            return table.c.turn_key.in_(self._old_turns(chat))
        if table.name == "conversations":
            return and_(table.c.created_at < chat, not_(_has(_T)), not_(_has(_H)))
        return table.c[_MADE_AT[table.name]] < chat

    def corrected(self, table: Table) -> ColumnElement[bool] | None:
        """Return a fact as it was confirmed before; the steps that led to it stay with the new."""
        if table.name != "facts":
            return None
        fact_id, confirmation = old_words_of(self._target)
        return and_(table.c.fact_id == fact_id, table.c.confirmation == confirmation)

    def _old_turns(self, before: int) -> Select[tuple[str]]:
        return cast(
            "Select[tuple[str]]",
            select(_T.c.turn_key).where(
                _T.c.customer_id == self._customer_id, _T.c.created_at < before
            ),
        )

    @cached_property
    def _with_fact(self) -> Sequence[str]:
        """Ids of the questions whose answer goes: those that go, and that of the fact that goes."""
        of_fact = select(_F.c.question_id).where(
            _F.c.customer_id == self._customer_id, _F.c.fact_id == self._target
        )
        return [*self._questions, *self._connection.execute(of_fact).scalars()]

    @cached_property
    def _questions(self) -> Sequence[str]:
        """Ids of the questions that go; read before the first of their rows does."""
        chosen = select(_Q.c.question_id).where(_Q.c.customer_id == self._customer_id)
        if self._kind == "item":
            chosen = chosen.where(_Q.c.question_id == self._target)
        else:
            chosen = self._unfinished(chosen)
        if self._before is not None:
            chosen = chosen.where(_Q.c.proposed_at <= self._before)
        return list(self._connection.execute(chosen.limit(_CHUNK)).scalars())

    def _unfinished(self, chosen: Select[tuple[str]]) -> Select[tuple[str]]:
        """Narrow down to questions that hold words of a conversation and led to no fact.

        A fact was confirmed by itself and stays. A question of the catalogue that was declined
        holds no words; it stays so that it is not asked again.
        """
        among: ColumnElement[bool] = _Q.c.conversation_id.is_not(None)
        if self._kind == "conversation":
            among = _Q.c.conversation_id == self._target
        wordy = or_(_Q.c.proposal_sealed.is_not(None), _of_question(_A))
        return chosen.where(among, wordy, not_(_of_question(_F)))

    def _older(self, table: Table, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        """Leave out of ``condition`` what was made too late, children with their parents."""
        if self._before is None:
            return condition
        if table.name in _NOTES:
            older = self._keys_before(_T, "turn_key")
            return and_(condition, table.c.turn_key.in_(older))
        if table.name in QUESTION_TABLES:
            older = self._keys_before(_Q, "question_id").where(not_(self._led_to_later_fact()))
            return and_(condition, table.c.question_id.in_(older))
        if table.name == "conversations":
            condition = and_(condition, not_(_has(_T)), not_(_has(_H)))
        if table.name == "indexing_queue":  # events that stay are waiting for their vectors
            events = exists().where(_E.c.customer_id == table.c.customer_id)
            return and_(condition, not_(events))
        made_at = made_at_of(table)
        return condition if made_at is None else and_(condition, made_at <= self._before)

    def _led_to_later_fact(self) -> ColumnElement[bool]:
        """Whether what was asked before was first confirmed too late to be taken along."""
        later = _F.c.valid_from > self._before
        return and_(_of_question(_F, later), not_(_of_question(_F, not_(later))))

    def _keys_before(self, parent: Table, key: str) -> Select[tuple[str]]:
        made_at = parent.c[_MADE_AT[parent.name]]
        return cast(
            "Select[tuple[str]]",
            select(parent.c[key]).where(
                parent.c.customer_id == self._customer_id, made_at <= self._before
            ),
        )


def made_at_of(table: Table) -> ColumnElement[int] | None:
    """Return the column that says when a row was made (milliseconds since 1970), if it has one."""
    name = _MADE_AT.get(table.name)
    return None if name is None else table.c[name]


def _has(rows: Table) -> ColumnElement[bool]:
    """Whether ``rows`` lie in the conversation of the statement around this."""
    return exists().where(
        rows.c.customer_id == _C.c.customer_id, rows.c.conversation_id == _C.c.conversation_id
    )


def _may_go(table: Table) -> bool:
    rule = CATALOGUE[table.name]
    return rule.personal and rule.erasure is not ErasureRule.OUTLIVES


def _of_question(steps: Table, *also: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a row of ``steps`` belongs to the question of the statement around this."""
    return exists().where(
        steps.c.customer_id == _Q.c.customer_id, steps.c.question_id == _Q.c.question_id, *also
    )


_CONDITIONS: dict[Extent, Callable[[ScopeRows, Table], ColumnElement[bool] | None]] = {
    "everything": ScopeRows.everything,
    "all_data": ScopeRows.all_data,
    "category": ScopeRows.category,
    "conversation": ScopeRows.conversation,
    "corrected": ScopeRows.corrected,
    "expired": ScopeRows.expired,
    "item": ScopeRows.item,
}
