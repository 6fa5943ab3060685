"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class SteppableClock:
    """Fulfils ``core.clock.Clock``."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def advance(self, **step: float) -> datetime:
        """Move on by ``timedelta(**step)`` and return the new present."""
        self._now += timedelta(**step)
        return self._now
