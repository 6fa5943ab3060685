"""Who read how much in a stretch of time, and the alarms that were raised for too much of it.

What a customer's own turn asked for is left out: such readings grow with the number of customers
who ask, and each was asked for. The index behind this holds the other readings only. The operator's
check of everybody's seals is left out too: it would raise the alarm each time it runs, and hide in
it what the same operator reads beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from assistant.core.actor import Role
from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.store.access_log import Reading
from assistant.store.dialects import Upsert
from assistant.store.tables.accountability import AccessAlarmRow, AccessRow
from assistant.store.tables.catalogue import table_of

_A = table_of(AccessRow)
_L = table_of(AccessAlarmRow)
_UNASKED = _A.c.turn_key.is_(None)
_CHECK: Reading = "check"
"""Gives the operator verdicts and no content, of everybody each time: it counts for no alarm."""

_NEXT_ACTOR = select(func.min(_A.c.actor)).where(_UNASKED, _A.c.actor > bindparam("after"))
_READ = (
    select(
        _A.c.role,
        func.count(_A.c.customer_id.distinct()).label("customers"),
        func.coalesce(func.sum(_A.c["items"]), 0).label("opened"),
    )
    .where(
        _UNASKED,
        _A.c.actor == bindparam("of_actor"),
        _A.c.at > bindparam("since"),
        _A.c.reading != _CHECK,
    )
    .group_by(_A.c.role)
)
_RAISE = Upsert(
    _L, keys=["actor", "window_from"], replace=["role", "customers_read", "items_read", "raised_at"]
)
_FIND = select(_L.c.actor).where(
    _L.c.actor == bindparam("of_actor"), _L.c.window_from == bindparam("of_window")
)
_SINCE = (
    select(_L)
    .where(_L.c.raised_at >= bindparam("since"), _L.c.raised_at < bindparam("until"))
    .order_by(_L.c.raised_at.desc(), _L.c.actor)
)


@dataclass(frozen=True, slots=True)
class ReadVolume:
    """How many customers one actor read in a window, and how many of their items."""

    actor: str
    role: Role
    customers: int
    items: int


@dataclass(frozen=True, slots=True)
class AccessAlarm:
    """An actor who read more than the limits; ``window_from`` begins the window it belongs to."""

    actor: str
    role: Role
    window_from: datetime
    customers: int
    items: int
    raised_at: datetime


class AccessAlarmRepository:
    """Adds readings up by actor, and keeps alarms; nothing here names a customer."""

    def volumes(self, connection: Connection, *, since: datetime) -> Sequence[ReadVolume]:
        """Return what each actor read after ``since`` that no turn had asked for.

        Actors are found one after the other in the index, so the cost grows with what was read in
        the window, not with what is stored.
        """
        found: list[ReadVolume] = []
        actor = connection.execute(_NEXT_ACTOR, {"after": ""}).scalar_one()
        while actor is not None:
            values = {"of_actor": actor, "since": to_epoch_ms(since)}
            found += [
                ReadVolume(actor, Role(row.role), row.customers, int(row.opened))
                for row in connection.execute(_READ, values)
            ]
            actor = connection.execute(_NEXT_ACTOR, {"after": actor}).scalar_one()
        return found

    def raise_alarm(self, connection: Connection, alarm: AccessAlarm) -> bool:
        """Keep an alarm; False where this window had one, which then shows the higher counts."""
        where = {"of_actor": alarm.actor, "of_window": to_epoch_ms(alarm.window_from)}
        known = connection.execute(_FIND, where).first() is not None
        values = {
            "actor": alarm.actor,
            "window_from": to_epoch_ms(alarm.window_from),
            "role": alarm.role.value,
            "customers_read": alarm.customers,
            "items_read": alarm.items,
            "raised_at": to_epoch_ms(alarm.raised_at),
        }
        connection.execute(_RAISE.on(connection), values)
        return not known

    def list_alarms(
        self, connection: Connection, *, since: datetime, until: datetime
    ) -> Sequence[AccessAlarm]:
        """Return the alarms raised from ``since`` to before ``until``, newest first."""
        values = {"since": to_epoch_ms(since), "until": to_epoch_ms(until)}
        return [
            AccessAlarm(
                actor=row.actor,
                role=Role(row.role),
                window_from=from_epoch_ms(row.window_from),
                customers=row.customers_read,
                items=row.items_read,
                raised_at=from_epoch_ms(row.raised_at),
            )
            for row in connection.execute(_SINCE, values)
        ]
