"""Time as a dependency: everything that needs *now* receives a ``Clock``."""

import calendar
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, aware and in UTC."""


def system_clock() -> datetime:
    """Return the machine's present time in UTC."""
    return datetime.now(UTC)


def to_rfc3339(moment: datetime) -> str:
    """Return ``moment`` as RFC 3339 in UTC with a trailing ``Z``, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_epoch_ms(moment: datetime) -> int:
    """Return ``moment`` as whole milliseconds since 1970-01-01 UTC, the form tables keep."""
    return round(moment.timestamp() * 1000)


def from_epoch_ms(milliseconds: int) -> datetime:
    """Return the aware UTC datetime of ``milliseconds`` since 1970-01-01."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def add_months(moment: datetime, months: int) -> datetime:
    """Return the same day and time ``months`` later, the month's last day where it is shorter."""
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
