"""The index that is served: the newest sound generation, exchanged while customers are answered."""

import threading
from pathlib import Path

from assistant.core.errors import AssistantError, ConfigurationError, IndexDamaged
from assistant.retrieval.generations import Generations, Pointer
from assistant.retrieval.indexing import IndexBuilder, IndexReport, open_generation
from assistant.retrieval.knowledge_index import KnowledgeIndex

_Seen = tuple[tuple[Pointer, ...], int]
"""The pointers that were followed, and a digest of sizes and times of the files behind them."""


class KnowledgeStore:
    """Holds the opened index; a worker calls ``refresh`` now and then, and ``rebuild`` if it must.

    Whoever answers takes ``current()`` once a turn and keeps to it: a generation is whole in memory
    and never changes, so a swap or a damaged file does not touch an answer under way.
    """

    def __init__(self, *, folder: Path, embedder: str) -> None:
        """Serve the index in ``folder`` whose vectors ``embedder`` made; opens nothing yet."""
        self._generations = Generations(folder=folder)
        self._embedder = embedder
        self._index: KnowledgeIndex | None = None
        self._seen: _Seen | None = None
        self._problem: AssistantError | None = None
        self._refreshing = threading.Lock()

    def current(self) -> KnowledgeIndex | None:
        """Return the served index; None while there is no sound one."""
        return self._index

    @property
    def degraded(self) -> bool:
        """Whether what was built last cannot be served, so that something older is, or nothing."""
        return self._problem is not None

    @property
    def problem(self) -> AssistantError | None:
        """What is wrong with the generation built last: damaged, or of another embedder."""
        return self._problem

    def refresh(self) -> bool:
        """Serve what is current on disk by now; return whether another index is served than before.

        Blocks while it verifies and opens; costs next to nothing when nothing changed. Damage is
        noted in ``problem``, never raised: the previous generation or the one in memory serves on.
        """
        with self._refreshing:
            before = self._index
            # A second look, for a build may have removed what the first one was about to open.
            for _ in range(2):
                if not self._look():
                    break
            return self._index is not before

    def rebuild(self, builder: IndexBuilder, knowledge: Path) -> IndexReport:
        """Build the index anew from ``knowledge`` and serve it; blocks until that is done."""
        report = builder.build(knowledge)
        self.refresh()
        return report

    def _look(self) -> bool:
        """Follow the pointers if they or their files changed; return whether any was damaged."""
        try:
            pointers = self._generations.read_pointers()
        except IndexDamaged as error:
            self._problem, self._seen = error, None
            return True
        seen = (pointers, self._generations.signature(pointers[:1]))
        if seen == self._seen:
            return False
        self._seen, self._problem = seen, None
        for pointer in pointers:
            try:
                self._serve(pointer)
            except (IndexDamaged, ConfigurationError) as error:
                self._problem = self._problem or error
            else:
                break
        return self._problem is not None

    def _serve(self, pointer: Pointer) -> None:
        index = open_generation(self._generations, pointer)
        if index.embedder != self._embedder:
            raise ConfigurationError(
                f"the knowledge index was built with the embedder {index.embedder!r}, the service "
                f"runs {self._embedder!r}: run `assistant index`"
            )
        if self._index is None or self._index.generation != index.generation:
            self._index = index
