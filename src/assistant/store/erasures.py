"""Erasures: how far each has come, and who is working on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import orjson
from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select, update

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.erasure import Cause, ErasureState, Extent
from assistant.core.ids import CustomerId
from assistant.store.dialects import lock_exclusively
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.erasures import ErasureRow

_CLAIM_LOCK = 7_310_005

_E = table_of(ErasureRow)
_OF = _E.c.customer_id == bindparam("of_customer")
_ONE = (_OF, _E.c.erasure_id == bindparam("of_erasure"))
_ADD = insert(_E)
_FIND = select(_E).where(*_ONE)
_BY_STATUS = select(_E).where(
    _E.c.status_hash == bindparam("status"), _E.c.erasure_id == bindparam("of_erasure")
)
_BY_REQUEST = select(_E).where(_E.c.request_hash == bindparam("request"))
_LIST = (
    select(_E)
    .where(_OF, _E.c.erasure_id < bindparam("before"))
    .order_by(_E.c.erasure_id.desc())
    .limit(bindparam("at_most"))
)
_FIXED = {"customer_id", "erasure_id", "status_hash", "request_hash", "lease_owner"}
_SAVE = (
    update(_E)
    .where(*_ONE)
    .values(
        {
            column.name: bindparam(f"new_{column.name}")
            for column in _E.c
            if column.name not in _FIXED
        }
    )
)
_FREE = or_(_E.c.lease_until.is_(None), _E.c.lease_until <= bindparam("now"))
_DUE = (
    select(_E.c.customer_id)
    .where(_E.c.next_at <= bindparam("now"), _FREE)
    .order_by(_E.c.next_at)
    .limit(bindparam("at_most"))
)
_HELD = select(_E.c.customer_id).where(
    _E.c.customer_id.in_(bindparam("customers", expanding=True)),
    _E.c.lease_until > bindparam("now"),
)
_CLAIM = (
    update(_E)
    .where(
        _E.c.customer_id.in_(bindparam("customers", expanding=True)),
        _E.c.next_at <= bindparam("now"),
    )
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
    .returning(_E)
)
_SINCE = (
    select(_E.c.customer_id, _E.c.erasure_id, _E.c.state)
    .where(_E.c.requested_at > bindparam("since"))
    .order_by(_E.c.erasure_id)
)
_OPEN = (
    select(_E)
    .where(_E.c.next_at.is_not(None))
    .order_by(_E.c.requested_at)
    .limit(bindparam("at_most"))
)
_LATEST_OF_CAUSE = select(func.max(_E.c.requested_at)).where(_OF, _E.c.cause == bindparam("why"))
_NO_BOUND = "g"
_MOMENTS = (
    "blocked_at", "key_destroyed_at", "rows_purged_at", "verified_at", "backup_final_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure as it is stored.

    ``target`` is the id of an item or conversation, or a category. What a worker deletes of a
    customer who stays was made up to ``blocked_at``. ``samples`` are bytes sealed under a key of
    the service (base64). ``next_at`` says when a worker looks at it again, None when nothing is
    left to do.
    """

    customer_id: CustomerId
    erasure_id: str
    scope: Extent
    cause: Cause
    state: ErasureState
    requested_at: datetime
    status_hash: bytes = field(repr=False)
    target: str | None = None
    request_hash: bytes | None = field(default=None, repr=False)
    blocked_at: datetime | None = None
    key_destroyed_at: datetime | None = None
    rows_purged_at: datetime | None = None
    verified_at: datetime | None = None
    backup_final_at: datetime | None = None
    key_number: int | None = None
    key_epoch: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    samples: str | None = field(default=None, repr=False)
    problem: str | None = None
    attempts: int = 0
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ErasedCustomer:
    """Whose memory must go, and how far the erasure is."""

    customer_id: CustomerId
    erasure_id: str
    state: ErasureState


class ErasureRepository:
    """Keeps erasures, and lets one worker at a time work on a customer's."""

    def add_erasure(self, connection: Connection, erasure: Erasure) -> None:
        """Store a new erasure."""
        keys = {"customer_id": erasure.customer_id, "erasure_id": erasure.erasure_id}
        hashes = {"status_hash": erasure.status_hash, "request_hash": erasure.request_hash}
        connection.execute(_ADD, {**keys, **hashes, **_values(erasure)})

    def save_erasure(
        self, connection: Connection, erasure: Erasure, *, held_until: datetime | None = None
    ) -> None:
        """Write how far an erasure has come; its worker keeps it until ``held_until``, or lets go.

        Whoever is named as the owner stays named, for those who look into why it takes long.
        """
        changes = {f"new_{name}": value for name, value in _values(erasure).items()}
        changes["new_lease_until"] = _stored(held_until)
        connection.execute(_SAVE, {**changes, **_key(erasure)})

    def find_erasure(
        self, connection: Connection, customer_id: str, erasure_id: str
    ) -> Erasure | None:
        """Return one erasure of the customer."""
        values = {"of_customer": customer_id, "of_erasure": erasure_id}
        row = connection.execute(_FIND, values).one_or_none()
        return None if row is None else _erasure(row)

    def find_by_status(
        self, connection: Connection, erasure_id: str, status_hash: bytes
    ) -> Erasure | None:
        """Return the erasure whose status token has this hash."""
        values = {"status": status_hash, "of_erasure": erasure_id}
        row = connection.execute(_BY_STATUS, values).one_or_none()
        return None if row is None else _erasure(row)

    def find_by_request(self, connection: Connection, request_hash: bytes) -> Erasure | None:
        """Return the erasure that was made by the request with this hash."""
        row = connection.execute(_BY_REQUEST, {"request": request_hash}).one_or_none()
        return None if row is None else _erasure(row)

    def list_erasures(
        self, connection: Connection, customer_id: str, *, after: str | None, limit: int
    ) -> Sequence[Erasure]:
        """Return the customer's erasures, newest first, from the one ``after`` on."""
        values = {"of_customer": customer_id, "before": after or _NO_BOUND, "at_most": limit}
        return [_erasure(row) for row in connection.execute(_LIST, values)]

    def claim(
        self, connection: Connection, *, owner: str, now: datetime, until: datetime, limit: int
    ) -> Sequence[Erasure]:
        """Take the erasures that are due of up to ``limit`` customers, until ``until`` at most.

        All of one customer's go to one worker, for they build on each other; oldest first.
        """
        lock_exclusively(connection, _CLAIM_LOCK)
        moment = to_epoch_ms(now)
        due = connection.execute(_DUE, {"now": moment, "at_most": limit}).scalars().all()
        held = connection.execute(_HELD, {"customers": sorted(set(due)), "now": moment})
        free = sorted(set(due) - set(held.scalars()))
        values = {"customers": free, "now": moment, "owner": owner, "until": to_epoch_ms(until)}
        found = [_erasure(row) for row in connection.execute(_CLAIM, values)] if free else []
        return sorted(found, key=lambda erasure: erasure.erasure_id)

    def list_since(self, connection: Connection, since: datetime) -> Sequence[ErasedCustomer]:
        """Return who asked for an erasure after ``since``, so that every process forgets them."""
        rows = connection.execute(_SINCE, {"since": to_epoch_ms(since)})
        return [
            ErasedCustomer(row.customer_id, row.erasure_id, ErasureState(row.state)) for row in rows
        ]

    def list_open(self, connection: Connection, *, limit: int = 1000) -> Sequence[Erasure]:
        """Return the erasures that have not reached their end, oldest first."""
        return [_erasure(row) for row in connection.execute(_OPEN, {"at_most": limit})]

    def find_latest(
        self, connection: Connection, customer_id: str, *, cause: Cause
    ) -> datetime | None:
        """Return when the customer's latest erasure of this cause was asked for."""
        values = {"of_customer": customer_id, "why": cause}
        found = cast("int | None", connection.execute(_LATEST_OF_CAUSE, values).scalar_one())
        return None if found is None else from_epoch_ms(found)


def _key(erasure: Erasure) -> dict[str, str]:
    return {"of_customer": erasure.customer_id, "of_erasure": erasure.erasure_id}


def _values(erasure: Erasure) -> dict[str, Any]:
    moments = {name: _stored(getattr(erasure, name)) for name in (*_MOMENTS, "next_at")}
    return {
        "scope": erasure.scope,
        "target": erasure.target,
        "cause": erasure.cause,
        "state": erasure.state.value,
        "requested_at": to_epoch_ms(erasure.requested_at),
        "key_number": erasure.key_number,
        "key_epoch": erasure.key_epoch,
        "counts": orjson.dumps(dict(erasure.counts), option=orjson.OPT_SORT_KEYS).decode(),
        "samples": erasure.samples,
        "problem": erasure.problem,
        "attempts": erasure.attempts,
        "lease_until": None,
        **moments,
    }


def _erasure(row: Row[*tuple[Any, ...]]) -> Erasure:
    return Erasure(
        customer_id=row.customer_id,
        erasure_id=row.erasure_id,
        scope=row.scope,
        target=row.target,
        cause=row.cause,
        state=ErasureState(row.state),
        requested_at=from_epoch_ms(row.requested_at),
        status_hash=bytes(row.status_hash),
        request_hash=None if row.request_hash is None else bytes(row.request_hash),
        key_number=row.key_number,
        key_epoch=row.key_epoch,
        counts=orjson.loads(row.counts),
        samples=row.samples,
        problem=row.problem,
        attempts=row.attempts,
        next_at=_moment(row.next_at),
        **{name: _moment(getattr(row, name)) for name in _MOMENTS},
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_epoch_ms(milliseconds)


def _stored(moment: datetime | None) -> int | None:
    return None if moment is None else to_epoch_ms(moment)
