"""Writing to clients that may be gone: the one place that catches a reset connection."""

import asyncio
from collections.abc import Awaitable


async def written(sending: Awaitable[object], *, within: float) -> bool:
    """Await a write; False when the client is gone or took longer than ``within`` seconds."""
    try:
        async with asyncio.timeout(within):
            await sending
    except (ConnectionError, TimeoutError):
        return False
    return True
