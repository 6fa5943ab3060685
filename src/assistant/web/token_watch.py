"""The end of a token's life on an open socket: a warning 60 s before, then the end."""

import asyncio
from collections.abc import Callable
from typing import Final

from assistant.core.clock import Clock, to_epoch_ms

WARNING: Final = 60.0


class TokenWatch:
    """Two timers that start anew whenever the token is renewed."""

    def __init__(
        self, *, clock: Clock, warn: Callable[[float], None], expire: Callable[[], None]
    ) -> None:
        """``warn`` gets the seconds that are left."""
        self._clock = clock
        self._warn = warn
        self._expire = expire
        self._timers: list[asyncio.TimerHandle] = []

    def start(self, expires_at: int) -> None:
        """Watch a token that ends at ``expires_at`` (milliseconds since 1970)."""
        self.stop()
        loop = asyncio.get_running_loop()
        left = max(0.0, (expires_at - to_epoch_ms(self._clock())) / 1000)
        notice = min(left, WARNING)
        self._timers = [
            loop.call_later(left - notice, self._warn, notice),
            loop.call_later(left, self._expire),
        ]

    def stop(self) -> None:
        """Forget the present token."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []
