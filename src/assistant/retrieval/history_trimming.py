"""Takes erased events out of a customer's packed block, in the write that erases them.

Packing anew costs milliseconds; making all other vectors again would cost seconds. A block that is
too large to be packed while others wait for the writer is dropped, and the indexing worker makes it
anew.
"""

from collections.abc import Collection

from assistant.core.errors import SealBroken
from assistant.core.events import HistoryEvent
from assistant.retrieval.history_block import HistoryBlock, pack_history, unpack_history
from assistant.retrieval.terms import terms
from assistant.store import history_blocks
from assistant.store.engine import Connection
from assistant.store.erasing import RowEraser
from assistant.store.history_blocks import HistoryBlockRepository

MOST_ITEMS = 1_000
"""Items of a block that is trimmed in place: about 20 ms."""


class HistoryTrimmer:
    """Trims or drops the block of one customer; runs inside the caller's write."""

    def __init__(self, *, blocks: HistoryBlockRepository, rows: RowEraser) -> None:
        self._blocks = blocks
        self._rows = rows

    def trim(self, connection: Connection, customer_id: str, erased: Collection[str]) -> None:
        """Let nothing of the ``erased`` events stay in the block; call it once they are deleted."""
        stored = self._blocks.find_block(connection, customer_id)
        if stored is None:
            return
        if stored.items > MOST_ITEMS or not self._trimmed(connection, customer_id, stored, erased):
            self._rows.drop_block(connection, customer_id)

    def _trimmed(
        self,
        connection: Connection,
        customer_id: str,
        stored: history_blocks.HistoryBlock,
        erased: Collection[str],
    ) -> bool:
        try:
            block = unpack_history(stored.packed)
        except SealBroken:  # another version's: it is made anew
            return False
        events = [block.event(row) for row in range(len(block))]
        kept = [row for row, event in enumerate(events) if event.event_id not in erased]
        if len(kept) == len(events):
            return True
        if not kept:
            return False
        left = _packed(stored, block, [events[row] for row in kept], kept)
        return self._blocks.save_block(connection, customer_id, left)


def _packed(
    stored: history_blocks.HistoryBlock,
    block: HistoryBlock,
    events: list[HistoryEvent],
    kept: list[int],
) -> history_blocks.HistoryBlock:
    packed = pack_history(
        events,
        block.vectors()[kept],
        [terms(event.rendering) for event in events],
        embedder=block.embedder,
    )
    # `covers` stays: what it covers beyond the events that are left was erased.
    return history_blocks.HistoryBlock(
        version=stored.version + 1,
        embedder=stored.embedder,
        covers=stored.covers,
        items=len(events),
        packed=packed,
    )
