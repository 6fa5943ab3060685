"""An embedder that waits at a gate, so that a test decides what waits behind a batch."""

import threading
from collections.abc import Sequence

from tests.fakes.embedder import HashingEmbedder

from assistant.retrieval.embedder import Vectors


class GatedEmbedder(HashingEmbedder):
    """Waits at a gate before each batch and remembers the batches."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.entered = threading.Semaphore(0)
        self.batches: list[list[str]] = []
        self.threads: set[int] = set()

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        self.threads.add(threading.get_ident())
        self.entered.release()
        assert self.gate.wait(timeout=20)
        if "poison" in texts:
            raise ValueError("cannot encode this batch")
        return super().encode(texts)
