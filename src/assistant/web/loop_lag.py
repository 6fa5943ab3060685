"""How late the event loop is: the first thing to look at when every customer waits at once."""

import asyncio
from collections.abc import Callable

INTERVAL = 0.02
"""Seconds between samples; fifty a second cost nothing and make a percentile of a short run."""


async def sample_loop_lag(observe: Callable[[float], None], *, interval: float = INTERVAL) -> None:
    """Call ``observe`` for ever with the seconds by which a sleep overran."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + interval
        await asyncio.sleep(interval)
        observe(max(0.0, loop.time() - due))
