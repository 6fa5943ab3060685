"""What each document is about as a whole: the direction of all its passages together.

A passage about packing fits "how do I send it back?" better when it stands in the article on
returning things than in one on parcels that nobody took. Documents of a single passage have no
vector of their own: theirs is the passage's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.retrieval.embedder import Vectors
from assistant.retrieval.fusion import Rows, Scores
from assistant.retrieval.passages import Passage

_SLICE = 4_096
_ALONE = -1


@dataclass(frozen=True, slots=True)
class DocumentVectors:
    """Unit vectors of the documents of several passages, and which one each passage has."""

    vectors: Vectors
    places: NDArray[np.int64]
    """For each row of the index a row of ``vectors``, or -1."""
    firsts: NDArray[np.int64]
    """For each row of the index the row where its document begins."""

    @classmethod
    def of(
        cls, passages: Sequence[Passage], vectors_of: Callable[[Rows], Vectors], dimensions: int
    ) -> "DocumentVectors":
        """Add up what ``vectors_of`` gives for the rows of each document."""
        places = _places(passages)
        vectors = np.zeros((int(places.max(initial=_ALONE)) + 1, dimensions), np.float32)
        among = np.flatnonzero(places != _ALONE)
        for start in range(0, among.size, _SLICE):
            rows = among[start : start + _SLICE]
            np.add.at(vectors, places[rows], vectors_of(rows))
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return cls(vectors, places, _firsts(passages))

    def scores(self, vector: Vectors, rows: Rows, own: Scores) -> Scores:
        """Return the cosine of ``vector`` to the document of each of ``rows``.

        ``own`` has the cosines of the rows themselves.
        """
        places = self.places[rows]
        among = places != _ALONE
        documents, back = np.unique(places[among], return_inverse=True)
        scores = own.astype(np.float32)
        scores[among] = (self.vectors[documents] @ vector)[back]
        return scores


def _places(passages: Sequence[Passage]) -> NDArray[np.int64]:
    """Number the documents that have several passages."""
    counts: dict[str, int] = {}
    for passage in passages:
        counts[passage.document_id] = counts.get(passage.document_id, 0) + 1
    several = [name for name, count in counts.items() if count > 1]
    numbers = {name: number for number, name in enumerate(several)}
    return np.array([numbers.get(passage.document_id, _ALONE) for passage in passages], np.int64)


def _firsts(passages: Sequence[Passage]) -> NDArray[np.int64]:
    begun: dict[str, int] = {}
    rows = [begun.setdefault(passage.document_id, row) for row, passage in enumerate(passages)]
    return np.array(rows, np.int64)
