"""What a breach touched: readings in a stretch of time, customers under a key, what they have.

It looks across customers, for the operator who has to report a breach; it opens nothing.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, literal, select

from assistant.core.actor import Role
from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.ids import CustomerId
from assistant.store.key_tables import KEY_EPOCHS, WRAPPED_KEYS
from assistant.store.tables.accountability import AccessRow
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.chat import TurnRow
from assistant.store.tables.customers import CustomerRow
from assistant.store.tables.history import EventRow
from assistant.store.tables.why_questions import FactRow

_A = table_of(AccessRow)
_E, _F, _T = table_of(EventRow), table_of(FactRow), table_of(TurnRow)
_C = table_of(CustomerRow)
_W, _K = WRAPPED_KEYS, KEY_EPOCHS
_READINGS = (
    select(
        _A.c.customer_id,
        _A.c.actor,
        _A.c.role,
        _A.c.categories,
        func.count().label("readings"),
        func.sum(_A.c["items"]).label("opened"),
        func.min(_A.c.at).label("first"),
        func.max(_A.c.at).label("last"),
    )
    .where(_A.c.at >= bindparam("since"), _A.c.at < bindparam("until"))
    .group_by(_A.c.customer_id, _A.c.actor, _A.c.role, _A.c.categories)
    .order_by(_A.c.customer_id)
)
_READINGS_BY = _READINGS.where(_A.c.actor == bindparam("of_actor"))
_HELD = tuple(
    select(category, func.count(table.c.customer_id.distinct()), func.count())
    .where(table.c.customer_id.in_(bindparam("customers", expanding=True)))
    .group_by(category)
    for table, category in ((_E, _E.c.category), (_F, _F.c.category), (_T, literal("chat")))
)
_KNOWN = select(_C.c.customer_id).where(
    _C.c.customer_id.in_(bindparam("customers", expanding=True))
)
_ENDED = select(func.min(_K.c.created_at)).where(_K.c.epoch > bindparam("of_epoch"))
_UNDER = (
    select(_W.c.customer_id, func.max(_W.c.epoch).label("epoch"))
    .where((_W.c.epoch == bindparam("of_epoch")) | (_W.c.created_at < bindparam("ended")))
    .group_by(_W.c.customer_id)
    .order_by(_W.c.customer_id)
)
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class ReadingTotal:
    """What one actor read of one customer and one set of categories in the window."""

    customer_id: CustomerId
    actor: str
    role: Role
    categories: frozenset[str]
    readings: int
    items: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Holding:
    """How many customers hold items of a category, and how many items."""

    category: str
    customers: int
    items: int


class BreachRepository:
    """Answers what a breach report asks of the main database and of the key database."""

    def list_readings(
        self,
        connection: Connection,
        *,
        since: datetime,
        until: datetime,
        actor: str | None = None,
    ) -> Iterator[ReadingTotal]:
        """Yield what was read from ``since`` to before ``until``, customer by customer."""
        values: dict[str, int | str] = {"since": to_epoch_ms(since), "until": to_epoch_ms(until)}
        statement = _READINGS
        if actor is not None:
            statement, values["of_actor"] = _READINGS_BY, actor
        for row in connection.execute(statement, values):
            yield ReadingTotal(
                customer_id=row.customer_id,
                actor=row.actor,
                role=Role(row.role),
                categories=frozenset(row.categories.split()),
                readings=row.readings,
                items=int(row.opened),
                first=from_epoch_ms(row.first),
                last=from_epoch_ms(row.last),
            )

    def list_customers_of_epoch(self, keys: Connection, epoch: int) -> Sequence[CustomerId]:
        """Return whose data keys are or were wrapped under the key-encryption key of ``epoch``.

        ``keys`` is a connection to the key database. A rotation wraps every key anew, so all keys
        that are older than the next epoch were once wrapped under this one. Where the epochs in
        between are gone, keys that came a little later are named too: rather too many than too few.
        """
        ended = keys.execute(_ENDED, {"of_epoch": epoch}).scalar_one()
        found = keys.execute(_UNDER, {"of_epoch": epoch, "ended": ended or 0})
        return [row.customer_id for row in found]

    def keep_known(
        self, connection: Connection, customers: Collection[str]
    ) -> Sequence[CustomerId]:
        """Return those of ``customers`` who are still in the database."""
        found: list[CustomerId] = []
        for chunk in _chunks(customers):
            found += connection.execute(_KNOWN, {"customers": chunk}).scalars()
        return found

    def add_up_holdings(
        self, connection: Connection, customers: Collection[str]
    ) -> Sequence[Holding]:
        """Return what of these customers is stored, by category."""
        totals: dict[str, tuple[int, int]] = {}
        for chunk in _chunks(customers):
            for statement in _HELD:
                for category, people, items in connection.execute(statement, {"customers": chunk}):
                    before = totals.get(category, (0, 0))
                    totals[category] = (before[0] + people, before[1] + items)
        return [Holding(category, *totals[category]) for category in sorted(totals)]


def _chunks(customers: Collection[str]) -> Iterator[list[str]]:
    ids = list(customers)
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
