"""Moving windows per caller. In this process only: a second worker doubles what is allowed."""

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from assistant.core.errors import TooManyRequests


class PerMinute:
    """At most so many of one thing a minute for each key."""

    def __init__(self, *, allowed: int, what: str) -> None:
        """``what`` names the thing in the refusal ("turns")."""
        self._item = RateLimitItemPerMinute(allowed)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._what = what

    def take(self, key: str) -> None:
        """Count one; raises ``TooManyRequests`` with the seconds to wait."""
        if self._limiter.hit(self._item, key):
            return
        reset = self._limiter.get_window_stats(self._item, key).reset_time
        wait = max(1, min(60, round(reset - time.time())))
        raise TooManyRequests(f"too many {self._what} in a minute", retry_after=wait)
