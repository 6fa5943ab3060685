"""Who has rows that were kept for as long as was said; ids only, nothing is opened."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, bindparam, delete, select

from assistant.core.clock import to_epoch_ms
from assistant.core.erasure import ErasureState
from assistant.core.ids import CustomerId
from assistant.store.erasure_scopes import expired_events
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.chat import TurnRow
from assistant.store.tables.customers import CustomerRow, VisitorRow
from assistant.store.tables.erasures import ErasureRow
from assistant.store.tables.history import EventRow

_C = table_of(CustomerRow)
_V = table_of(VisitorRow)
_E = table_of(EventRow)
_T = table_of(TurnRow)
_R = table_of(ErasureRow)
_PAGE = (
    select(_C.c.customer_id)
    .where(_C.c.customer_id > bindparam("after"))
    .order_by(_C.c.customer_id)
    .limit(bindparam("at_most"))
)
_OLD_TURNS = (
    select(_T.c.customer_id)
    .where(_T.c.customer_id.in_(bindparam("customers", expanding=True)))
    .where(_T.c.created_at < bindparam("cut"))
    .distinct()
)
_VISITORS = (
    select(_V.c.customer_id).where(_V.c.expires_at <= bindparam("now")).limit(bindparam("at_most"))
)
_FINAL = (
    delete(_R)
    .where(_R.c.state == ErasureState.BACKUP_FINAL.value)
    .where(_R.c.requested_at <= bindparam("until"))
)


class ExpiredRows:
    """Walks customers page by page; each page is one short read."""

    def list_customers(
        self, connection: Connection, *, after: str, limit: int
    ) -> Sequence[CustomerId]:
        """Return the customers that follow the id ``after``."""
        rows = connection.execute(_PAGE, {"after": after, "at_most": limit})
        return list(rows.scalars())

    def list_expired(
        self, connection: Connection, customers: Sequence[str], cuts: Mapping[str, int]
    ) -> Sequence[CustomerId]:
        """Return those of ``customers`` with events or turns from before the cuts.

        ``cuts`` says for each category before when, in milliseconds since 1970.
        """
        events = (
            select(_E.c.customer_id)
            .where(_E.c.customer_id.in_(list(customers)), expired_events(cuts))
            .distinct()
        )
        found = set(connection.execute(events).scalars())
        if "chat" in cuts:
            values = {"customers": list(customers), "cut": cuts["chat"]}
            found |= set(connection.execute(_OLD_TURNS, values).scalars())
        return sorted(found)

    def list_gone_visitors(
        self, connection: Connection, *, now: datetime, limit: int
    ) -> Sequence[CustomerId]:
        """Return visitors who cannot come back any more: their renewal has ended."""
        rows = connection.execute(_VISITORS, {"now": to_epoch_ms(now), "at_most": limit})
        return cast("Sequence[CustomerId]", rows.scalars().all())

    def drop_final(self, connection: Connection, *, until: datetime) -> int:
        """Drop the records of erasures that are over and were asked for at or before ``until``."""
        return connection.execute(_FINAL, {"until": to_epoch_ms(until)}).rowcount
