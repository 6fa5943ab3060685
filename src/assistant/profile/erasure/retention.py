"""What was kept for as long as was said goes, by the same way as what customers ask to be erased.

The knowledge pack says for each category how many months; facts and questions carry their own end;
visitors go when they cannot come back. A customer has one such erasure an hour at most.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from assistant.core.actor import Role
from assistant.core.clock import add_months
from assistant.core.erasure import Cause
from assistant.core.errors import CustomerErased, NotFound
from assistant.core.ids import CustomerId
from assistant.profile.erasure.ledger import KEPT_BEYOND_BACKUPS
from assistant.profile.erasure.requests import Erasures, ErasureScope
from assistant.profile.pack.categories import CategoryCatalogue
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.engine import Connection
from assistant.store.erased_events import ErasedEvents
from assistant.store.erasing import RowScope
from assistant.store.erasures import ErasureRepository
from assistant.store.expired_rows import ExpiredRows
from assistant.store.expiry_cuts import expired_target

_AHEAD: Final = timedelta(days=1)
"""How far ahead of the clock the time of an event may have been when it was taken."""

PAGE: Final = 500
"""Customers that are found in one read."""

_CAUSE: Final[Cause] = "retention"
_PAUSE: Final = timedelta(minutes=50)
"""Between two such erasures of a customer: each seals anew what stays, and workers come hourly."""


class Questions(Protocol):
    """The questions and facts whose own time passes: ``profile.questions.why_questions``."""

    def list_due(
        self, connection: Connection, *, now: datetime, limit: int = 1000
    ) -> Sequence[str]:
        """Return customers for whom ``expire_due`` has something to do."""
        ...

    def expire_due(self, connection: Connection, customer_id: str, *, now: datetime) -> int:
        """Let go of what a customer's time passed for (in a write)."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """Customers with something to let go of, and where the next page begins (None: nowhere)."""

    customers: Sequence[CustomerId]
    after: str | None


class Retention:
    """Finds what has expired and asks for its erasure, inside the caller's transaction."""

    def __init__(
        self,
        *,
        categories: CategoryCatalogue,
        erasures: Erasures,
        erasure_rows: ErasureRepository,
        expired: ExpiredRows,
        questions: Questions,
        access_log: AccessLogRepository,
        backups: timedelta,
    ) -> None:
        """``backups``: how long backups of the database are kept."""
        self._categories = categories
        self._erasures = erasures
        self._erasure_rows = erasure_rows
        self._expired = expired
        self._questions = questions
        self._access_log = access_log
        self._erased_events = ErasedEvents()
        self._kept_for = backups + KEPT_BEYOND_BACKUPS

    def list_page(self, connection: Connection, *, after: str, now: datetime) -> Page:
        """Return the next customers with something that has expired."""
        cuts = self._categories.cuts(now)
        due = self._expired.list_expired(connection, cuts, after=after, limit=PAGE)
        return Page(due, due[-1] if len(due) == PAGE else None)

    def expire(self, connection: Connection, customer_id: str, *, now: datetime) -> bool:
        """Erase what has expired of a customer (in a write); False where that has to wait."""
        latest = self._erasure_rows.find_latest(connection, customer_id, cause=_CAUSE)
        if latest is not None and now < latest + _PAUSE:
            return False
        cuts = self._categories.cuts(now)
        rows = RowScope("expired", expired_target(cuts))
        try:
            self._erasures.erase_rows(connection, customer_id, rows, at=now)
        except (CustomerErased, NotFound):
            return False  # they are going, or gone
        entry = Access(
            role=Role.WORKER,
            purpose="retention",
            categories=frozenset(cuts),
            items=0,
            item_ids=(),
            at=now,
            actor="retention-worker",
            reading="retention",
        )
        self._access_log.add_access(connection, customer_id, entry)
        return True

    def list_gone_visitors(self, connection: Connection, *, now: datetime) -> Sequence[CustomerId]:
        """Return visitors who cannot come back any more."""
        return self._expired.list_gone_visitors(connection, now=now, limit=PAGE)

    def forget_visitor(self, connection: Connection, customer_id: str, *, now: datetime) -> bool:
        """Erase everything of a visitor (in a write)."""
        scope = ErasureScope("everything")
        try:
            self._erasures.request(connection, customer_id, scope, at=now, cause=_CAUSE)
        except (CustomerErased, NotFound):
            return False  # they are going, or gone
        return True

    def list_questions_due(self, connection: Connection, *, now: datetime) -> Sequence[str]:
        """Return customers with facts or questions whose own time has passed."""
        return self._questions.list_due(connection, now=now)

    def expire_questions(self, connection: Connection, customer_id: str, *, now: datetime) -> bool:
        """Let go of a customer's facts and questions whose time has passed (in a write)."""
        return bool(self._questions.expire_due(connection, customer_id, now=now))

    def drop_records(self, connection: Connection, *, now: datetime) -> int:
        """Drop the records of erasures that no backup can undo any more (in a write).

        So are hashes of erased events that are past every category's months, and refused for that.
        """
        longest = max(category.retention_months for category in self._categories)
        self._erased_events.drop(connection, before=add_months(now, -longest) - _AHEAD)
        return self._expired.drop_final(connection, until=now - self._kept_for)


Expiry = Callable[[Connection, str], bool]
"""Lets go of what has expired of one customer; whether there was something."""
