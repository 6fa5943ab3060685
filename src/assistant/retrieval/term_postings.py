"""BM25 in memory over the items of one customer or one conversation.

bm25s scores a whole corpus into a matrix when it is built. A customer's items are opened from a
sealed block, masked by a grant, joined with rows that came since, and dropped again; so the counts
themselves are kept in flat arrays that cost nothing to open, and the few query terms are weighed
when asked. Document frequencies count only the items that the grant lets see.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.retrieval.fusion import Scores

_K1 = 1.2
_B = 0.75


@dataclass(frozen=True, slots=True)
class TermPostings:
    """For each term the items that hold it: ``rows[starts[t]:starts[t + 1]]``, and how often."""

    terms: Mapping[str, int]
    starts: NDArray[np.uint32]
    rows: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    lengths: NDArray[np.uint16]
    """Number of terms of each item."""

    @classmethod
    def of(cls, items: Sequence[Sequence[str]]) -> "TermPostings":
        """Count the terms of each item."""
        postings: dict[str, list[tuple[int, int]]] = {}
        for row, terms in enumerate(items):
            for term, count in Counter(terms).items():
                postings.setdefault(term, []).append((row, min(count, 255)))
        flat = [pair for pairs in postings.values() for pair in pairs]
        sizes = [len(pairs) for pairs in postings.values()]
        return cls(
            terms={term: index for index, term in enumerate(postings)},
            starts=np.cumsum([0, *sizes]).astype(np.uint32),
            rows=np.array([row for row, _ in flat], np.uint32),
            counts=np.array([count for _, count in flat], np.uint8),
            lengths=np.array([min(len(terms), 65_535) for terms in items], np.uint16),
        )

    def find(self, term: str) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        """Return the rows that hold ``term`` and their counts; empty if none does."""
        index = self.terms.get(term)
        if index is None:
            return self.rows[:0], self.counts[:0]
        part = slice(int(self.starts[index]), int(self.starts[index + 1]))
        return self.rows[part], self.counts[part]


@dataclass(frozen=True, slots=True)
class LexicalItems:
    """Postings whose items stand one after the other, seen through one mask."""

    segments: tuple[TermPostings, ...]
    visible: NDArray[np.bool_]

    def idf(self, terms: Sequence[str]) -> dict[str, float]:
        """Return the inverse document frequency of each term among the visible items."""
        total = int(self.visible.sum())
        return {term: _idf(total, len(self._find(term)[0])) for term in set(terms)}

    def scores(self, weights: Mapping[str, float]) -> Scores:
        """Return the BM25 score of every item for weighted terms; invisible items get 0."""
        scores = np.zeros(self.visible.shape, np.float32)
        lengths = np.concatenate([segment.lengths for segment in self.segments]).astype(np.float32)
        total = int(self.visible.sum())
        if total == 0:
            return scores
        norm = _K1 * (1 - _B + _B * lengths / max(float(lengths[self.visible].mean()), 1e-9))
        for term, weight in weights.items():
            rows, counts = self._find(term)
            gain = counts * (_K1 + 1) / (counts + norm[rows])
            scores[rows] += np.float32(weight * _idf(total, len(rows))) * gain
        return scores

    def _find(self, term: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        rows, counts, offset = [], [], 0
        for segment in self.segments:
            found, times = segment.find(term)
            rows.append(found.astype(np.int64) + offset)
            counts.append(times)
            offset += segment.lengths.size
        every = np.concatenate(rows)
        seen = self.visible[every]
        return every[seen], np.concatenate(counts)[seen].astype(np.float32)


def _idf(total: int, holding: int) -> float:
    return float(np.log1p((total - holding + 0.5) / (holding + 0.5)))
