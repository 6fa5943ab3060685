"""Who has rows that were kept for as long as was said; ids only, nothing is opened."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    delete,
    func,
    literal_column,
    select,
)

from assistant.core.clock import to_epoch_ms
from assistant.core.erasure import ErasureState
from assistant.core.ids import CustomerId
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.chat import TurnRow
from assistant.store.tables.customers import VisitorRow
from assistant.store.tables.erasures import ErasureRow
from assistant.store.tables.history import EventRow

_V = table_of(VisitorRow)
_E = table_of(EventRow)
_T = table_of(TurnRow)
_R = table_of(ErasureRow)


def _whose(rows: Table, *due: ColumnElement[bool]) -> Select[tuple[str]]:
    """Return the next customers of rows that are due.

    Their column is wrapped, or SQLite would go through all of a key that begins with it.
    """
    whose = func.coalesce(rows.c.customer_id, literal_column("''")).label("whose")
    found = select(whose).where(*due, whose > bindparam("after")).distinct()
    return found.order_by(whose).limit(bindparam("at_most"))


_OLD_EVENTS = _whose(_E, _E.c.category == bindparam("category"), _E.c.time < bindparam("cut"))
_OLD_TURNS = _whose(_T, _T.c.created_at < bindparam("cut"))
_VISITORS = (
    select(_V.c.customer_id).where(_V.c.expires_at <= bindparam("now")).limit(bindparam("at_most"))
)
CONVERSATION: Final = "chat"
"""The category whose rows are turns, beside the events of it."""

_FINAL = (
    delete(_R)
    .where(_R.c.state == ErasureState.BACKUP_FINAL.value)
    .where(_R.c.requested_at <= bindparam("until"))
)


class ExpiredRows:
    """Finds whose rows are due by indexes over time: who has nothing due costs nothing."""

    def list_expired(
        self, connection: Connection, cuts: Mapping[str, int], *, after: str, limit: int
    ) -> Sequence[CustomerId]:
        """Return the next customers with events or turns from before the cuts, by id.

        ``cuts`` says for each category before when, in milliseconds since 1970.
        """
        found: set[str] = set()
        for category, cut in sorted(cuts.items()):
            values = {"cut": cut, "after": after, "at_most": limit}
            events = connection.execute(_OLD_EVENTS, {**values, "category": category})
            found.update(row.whose for row in events)
            if category == CONVERSATION:
                found.update(row.whose for row in connection.execute(_OLD_TURNS, values))
        return [CustomerId(each) for each in sorted(found)[:limit]]

    def list_gone_visitors(
        self, connection: Connection, *, now: datetime, limit: int
    ) -> Sequence[CustomerId]:
        """Return visitors who cannot come back any more: their renewal has ended."""
        rows = connection.execute(_VISITORS, {"now": to_epoch_ms(now), "at_most": limit})
        return cast("Sequence[CustomerId]", rows.scalars().all())

    def drop_final(self, connection: Connection, *, until: datetime) -> int:
        """Drop the records of erasures that are over and were asked for at or before ``until``."""
        return connection.execute(_FINAL, {"until": to_epoch_ms(until)}).rowcount
