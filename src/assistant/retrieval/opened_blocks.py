"""Blocks that were opened lately, so that the next turn of a customer opens nothing.

Bounded by bytes, not by count: a customer of ten years weighs as much as a thousand new ones.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.core.ids import CustomerId
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.history_block import HistoryBlock
from assistant.retrieval.history_ranking import HistoryView

_OBJECT_WEIGHT = 4
"""How much more than its bytes a block weighs once its events were looked at."""


@dataclass(frozen=True, slots=True)
class OpenedBlock:
    """An unpacked block with its vectors as floats, as of one version and one covered event."""

    version: int
    covers: str
    block: HistoryBlock
    vectors: Vectors
    views: dict[frozenset[str], HistoryView] = field(default_factory=dict, repr=False)
    """What was shown of it, by granted categories, as long as no newer rows are beside it."""

    @property
    def size(self) -> int:
        """Bytes it holds at most, roughly: events as objects weigh more than packed."""
        return _OBJECT_WEIGHT * self.block.size + 2 * self.vectors.nbytes


class OpenedBlocks:
    """The latest opened blocks up to ``byte_limit``; safe to use from several threads."""

    def __init__(self, *, byte_limit: int) -> None:
        """Begin empty."""
        self._byte_limit = byte_limit
        self._blocks: OrderedDict[CustomerId, OpenedBlock] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get_or_open(
        self, customer_id: CustomerId, version: int, open_block: Callable[[], OpenedBlock]
    ) -> OpenedBlock:
        """Return the block of this very version, opening it when it is not held."""
        with self._lock:
            held = self._blocks.get(customer_id)
            if held is not None and held.version == version:
                self._blocks.move_to_end(customer_id)
                return held
        opened = open_block()
        with self._lock:
            self._drop(customer_id)
            if opened.size <= self._byte_limit:
                self._blocks[customer_id] = opened
                self._bytes += opened.size
            while self._bytes > self._byte_limit:
                self._drop(next(iter(self._blocks)))
        return opened

    def forget(self, customer_id: CustomerId) -> None:
        """Drop what is held of one customer (erasure, withdrawal, sign-out)."""
        with self._lock:
            self._drop(customer_id)

    def _drop(self, customer_id: CustomerId) -> None:
        held = self._blocks.pop(customer_id, None)
        if held is not None:
            self._bytes -= held.size
