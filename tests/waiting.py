"""Wait in a test for what happens soon, without guessing how soon."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Return as soon as ``condition`` holds; fail after ``seconds``."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # a condition of any kind sets no event
            await asyncio.sleep(0.005)


async def turns_of_the_loop(count: int = 10) -> None:
    """Let everything run that is ready on the event loop."""
    for _ in range(count):
        await asyncio.sleep(0)
