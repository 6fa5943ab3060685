"""Moving windows per caller. In this process only: a second worker doubles what is allowed."""

import time
from collections import OrderedDict, deque
from typing import Final

from assistant.core.errors import TooManyRequests

_WINDOW: Final = 60.0


class PerMinute:
    """At most so many of one thing a minute for each key."""

    def __init__(self, *, allowed: int, what: str) -> None:
        """``what`` names the thing in the refusal ("turns")."""
        self._allowed = allowed
        self._what = what
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Count one; raises ``TooManyRequests`` with the seconds to wait."""
        now = time.monotonic()
        self._forget(now - _WINDOW)
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] <= now - _WINDOW:
            taken.popleft()
        if len(taken) >= self._allowed:
            wait = max(1, min(60, round(taken[0] + _WINDOW - now)))
            raise TooManyRequests(f"too many {self._what} in a minute", retry_after=wait)
        taken.append(now)
        self._taken.move_to_end(key)

    def _forget(self, before: float) -> None:
        """Drop the callers that were last here before the window; the longest gone come first."""
        while self._taken:
            key, taken = next(iter(self._taken.items()))
            if taken and taken[-1] > before:
                return
            del self._taken[key]
