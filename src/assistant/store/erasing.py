"""Deletes a customer's rows by the catalogue: which are in scope, children before parents.

The selection is made of statements over ids and times; nothing is opened. Rows of append-only
tables go only while an erasure of their customer is being carried out, which triggers watch over.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    func,
    literal,
    select,
    tuple_,
    update,
)

from assistant.core.clock import Clock, from_epoch_ms, system_clock, to_epoch_ms
from assistant.core.erasure import Extent
from assistant.store.dialects import Upsert
from assistant.store.erased_events import ErasedEvents
from assistant.store.erasure_scopes import QUESTION_TABLES, ScopeRows, made_at_of
from assistant.store.file_search import LENGTH, piece_of
from assistant.store.tables import CATALOGUE, METADATA, ColumnKind

_EVENTS = METADATA.tables["events"]
_FACTS = METADATA.tables["facts"]
_QUESTIONS = METADATA.tables["why_questions"]
_BLOCKS = METADATA.tables["history_blocks"]
_QUEUE = Upsert(METADATA.tables["indexing_queue"], keys=["customer_id"], add=["ticket"])
_ITEM_IDS = {"events": "event_id", "facts": "fact_id", "turns": "turn_key"}

_SENT_AGAIN: Final[frozenset[Extent]] = frozenset({"item", "category", "all_data"})
"""Scopes whose events intake would take once more: their customer stays, their time is not over."""

_SAMPLED_ROWS = 4
_SAMPLED_PIECES = 48
_FORM = 5
"""Bytes in front of a sealed value that tell its form and its key."""


@dataclass(frozen=True, slots=True)
class RowScope:
    """What is erased: ``target`` is the id of an item or conversation, or a data category."""

    kind: Extent
    target: str | None = None


class RowEraser:
    """Counts, samples and deletes the rows of one customer that an erasure is about."""

    def __init__(self, *, clock: Clock = system_clock) -> None:
        self._clock = clock
        self._erased = ErasedEvents()

    def erase(
        self,
        connection: Connection,
        customer_id: str,
        scope: RowScope,
        *,
        before: datetime | None = None,
        limit: int | None = None,
    ) -> Counter[str]:
        """Delete rows in scope and return how many of each table.

        With ``before`` only rows made at or before it go. With ``limit`` about as many at most:
        call again until nothing is counted.
        """
        if limit is not None:
            return self._erase_some(connection, customer_id, scope, before, limit)
        deleted: Counter[str] = Counter()
        while some := self._erase_some(connection, customer_id, scope, before, None):
            deleted += some
        return deleted

    def drop_block(self, connection: Connection, customer_id: str) -> None:
        """Drop the packed history of a customer, to be made anew from the events that are left."""
        connection.execute(delete(_BLOCKS).where(_BLOCKS.c.customer_id == customer_id))
        left = select(_EVENTS.c.event_id).where(_EVENTS.c.customer_id == customer_id).limit(1)
        if connection.execute(left).first() is not None:
            queued = {"customer_id": customer_id, "ticket": 1}
            connection.execute(_QUEUE.on(connection), queued)

    def count(
        self,
        connection: Connection,
        customer_id: str,
        scope: RowScope,
        *,
        at_most: int,
        before: datetime | None = None,
    ) -> int:
        """Return how many rows are in scope, ``at_most`` where there are more."""
        found = 0
        for table, condition in _rows(connection, customer_id, scope, before).selections():
            one = literal(1).label("one")
            some = select(one).select_from(table).where(condition).limit(at_most - found)
            counted = select(func.count()).select_from(some.subquery())
            found += connection.execute(counted).scalar_one()
            if found >= at_most:
                break
        return found

    def find_newest(
        self, connection: Connection, customer_id: str, scope: RowScope
    ) -> datetime | None:
        """Return when the youngest of the rows in scope was made, None where none tells."""
        rows = _rows(connection, customer_id, scope)
        times = [
            connection.execute(select(func.max(made_at)).where(condition)).scalar_one()
            for table, condition in rows.selections()
            if (made_at := made_at_of(table)) is not None
        ]
        newest = max((time for time in times if time is not None), default=None)
        return None if newest is None else from_epoch_ms(newest)

    def list_item_ids(
        self, connection: Connection, customer_id: str, scope: RowScope
    ) -> frozenset[str]:
        """Return ids of events, facts and turns in scope: others may have been made from them."""
        ids: set[str] = set()
        for table, condition in _rows(connection, customer_id, scope).selections():
            if table.name in _ITEM_IDS:
                wanted = select(table.c[_ITEM_IDS[table.name]]).where(condition)
                ids.update(connection.execute(wanted).scalars())
        return frozenset(ids)

    def find_question(self, connection: Connection, customer_id: str, fact_id: str) -> str | None:
        """Return the question that a fact of the customer's came of; None for no such fact."""
        found = select(_FACTS.c.question_id).where(
            _FACTS.c.customer_id == customer_id, _FACTS.c.fact_id == fact_id
        )
        return connection.execute(found).scalar_one_or_none()

    def end_question(
        self,
        connection: Connection,
        customer_id: str,
        question_id: str,
        *,
        expired: bool,
        at: datetime,
    ) -> None:
        """Let a question whose fact was erased read as withdrawn, so that it is not asked again.

        One whose fact's time was over (``expired``) reads so, and may be asked again.
        """
        ending = "expired" if expired else "withdrawn"
        ended = update(_QUESTIONS).where(
            _QUESTIONS.c.customer_id == customer_id,
            _QUESTIONS.c.question_id == question_id,
            _QUESTIONS.c.ending.is_(None),
        )
        connection.execute(ended.values(ending=ending, ended_at=to_epoch_ms(at)))

    def sample(
        self, connection: Connection, customer_id: str, scope: RowScope, *, hashes: bool
    ) -> Sequence[bytes]:
        """Return byte strings that lie in the database files now, and may not afterwards.

        They are pieces of sealed values; with ``hashes`` also hashes under the customer's own key,
        which nothing makes again once that is gone.
        """
        found: list[bytes] = []
        for table, condition in _rows(connection, customer_id, scope).selections():
            columns = [table.c[name] for name in _sampled(table, hashes=hashes)]
            if not columns or len(found) >= _SAMPLED_PIECES:
                continue
            rows = select(*columns).where(condition).limit(_SAMPLED_ROWS)
            for row in connection.execute(rows):
                found += [piece for value in row if value for piece in _pieces(bytes(value))]
        return found

    def _erase_some(
        self,
        connection: Connection,
        customer_id: str,
        scope: RowScope,
        before: datetime | None,
        limit: int | None,
    ) -> Counter[str]:
        deleted: Counter[str] = Counter()
        for table, condition in _rows(connection, customer_id, scope, before).selections():
            # The steps of a question go together: what is left would not tell that they should.
            if limit is not None and table.name not in QUESTION_TABLES:
                if deleted.total() >= limit:
                    break
                wanted = _among_first(table, condition, limit - deleted.total())
            else:
                wanted = condition
            if table is _EVENTS and scope.kind in _SENT_AGAIN:
                count = self._erase_events(connection, customer_id, wanted)
            else:
                count = connection.execute(delete(table).where(wanted)).rowcount
            if count:
                deleted[str(table.name)] += count  # a plain str, not SQLAlchemy's kind of one
        return deleted

    def _erase_events(
        self, connection: Connection, customer_id: str, condition: ColumnElement[bool]
    ) -> int:
        """Delete events, and refuse them from now on where they are sent again."""
        gone = delete(_EVENTS).where(condition).returning(_EVENTS.c.event_hash)
        hashes = [bytes(each) for each in connection.execute(gone).scalars()]
        self._erased.remember(connection, customer_id, hashes, at=self._clock())
        return len(hashes)


def _rows(
    connection: Connection, customer_id: str, scope: RowScope, before: datetime | None = None
) -> ScopeRows:
    return ScopeRows(
        connection,
        customer_id,
        kind=scope.kind,
        target=scope.target,
        before=None if before is None else to_epoch_ms(before),
    )


def _among_first(table: Table, condition: ColumnElement[bool], limit: int) -> ColumnElement[bool]:
    """Return the condition of the first ``limit`` rows that fulfil ``condition``."""
    keys = list(table.primary_key.columns)
    return condition & tuple_(*keys).in_(select(*keys).where(condition).limit(limit))


def _sampled(table: Table, *, hashes: bool) -> Sequence[str]:
    """Return the columns whose values are telling; the hash of an external id is made again."""
    rule = CATALOGUE[table.name]
    kinds = {ColumnKind.SEALED}
    if hashes and rule.category != "identity":
        kinds.add(ColumnKind.KEYED_HASH)
    return [name for name, kind in rule.columns.items() if kind in kinds]


def _pieces(value: bytes) -> Sequence[bytes]:
    """Return a piece of the beginning and one of the end of ``value``, as far as it has some.

    The bytes in front, which tell its form, are the same in all.
    """
    starts = (_FORM, len(value) - 4 * LENGTH)
    found = [piece_of(value, max(start, _FORM)) for start in starts]
    return list(dict.fromkeys(piece for piece in found if piece is not None))
