"""All workers of one process, started and stopped together."""

import asyncio
from collections.abc import Sequence

from assistant.core.message_bus import MessageBus
from assistant.workers.supervised_loop import SupervisedLoop


class WorkerGroup:
    """Connects loops to the topics that wake them; the bus is started and closed by its owner."""

    def __init__(self, *, bus: MessageBus, loops: Sequence[SupervisedLoop]) -> None:
        """Make a group of ``loops`` that does nothing until it is started."""
        self._loops = tuple(loops)
        for loop in self._loops:
            if loop.topic is not None:
                bus.subscribe(loop.topic, loop.wake)

    def start(self) -> None:
        """Begin on the running event loop; call it once."""
        for loop in self._loops:
            loop.start()

    async def stop(self) -> None:
        """Stop all of them at the same time, so that their graces do not add up."""
        await asyncio.gather(*(loop.stop() for loop in self._loops))
