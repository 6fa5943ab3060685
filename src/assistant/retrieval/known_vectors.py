"""The vectors that an earlier generation of the index holds, found by the text they stand for."""

from typing import Protocol

import numpy as np

from assistant.retrieval.embedder import Vectors
from assistant.retrieval.knowledge_index import KnowledgeIndex


class VectorSource(Protocol):
    """Knows the vectors of some texts."""

    def find(self, text: str) -> Vectors | None:
        """Return the vector of exactly this text, shape (dimensions,), or None."""
        ...

    def __contains__(self, text: object) -> bool: ...


class KnownPassages:
    """The passage vectors of a generation, by ``Passage.embedded_text``."""

    def __init__(self, index: KnowledgeIndex | None) -> None:
        """Know those of ``index``; nothing at all without one."""
        passages = index.passages if index else ()
        self._index = index
        self._rows = {passage.embedded_text: row for row, passage in enumerate(passages)}

    def __contains__(self, text: object) -> bool:
        return text in self._rows

    def find(self, text: str) -> Vectors | None:
        """See ``VectorSource``."""
        row = self._rows.get(text)
        if row is None or self._index is None:
            return None
        vector: Vectors = self._index.vectors_of(np.array([row], np.int64))[0]
        return vector


class KnownSentences:
    """The sentence vectors of a generation, by the sentence."""

    def __init__(self, index: KnowledgeIndex | None) -> None:
        """Know those of ``index``; nothing at all without one."""
        self._index = index
        self._places = {
            text: (row, number)
            for row, passage in enumerate(index.passages if index else ())
            for number, text in enumerate(passage.sentence_texts)
        }

    def __contains__(self, text: object) -> bool:
        return text in self._places

    def find(self, text: str) -> Vectors | None:
        """See ``VectorSource``."""
        place = self._places.get(text)
        if place is None or self._index is None:
            return None
        row, number = place
        vector: Vectors = self._index.sentence_vectors(row)[number]
        return vector
