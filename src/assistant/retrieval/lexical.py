"""Finds passages by their words: stemmed BM25 beside the vectors.

Vectors find what means the same; order numbers, product names and rare words are found by being
there. Titles and headings count several times, for they say what a passage is about.
"""

from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np

from assistant.retrieval.fusion import Rows, Scores
from assistant.retrieval.passages import Passage
from assistant.retrieval.terms import question_terms, terms

_TITLE_WEIGHT = 1
_HEADING_WEIGHT = 2
_K1 = 1.5
_B = 0.75


class LexicalIndex:
    """BM25 over passages; row numbers are those of the passages it was built from."""

    def __init__(self, *, model: "bm25s.BM25 | None", size: int) -> None:
        """Wrap a built model; None where no passage has a word."""
        self._model = model
        self._size = size

    @classmethod
    def build(cls, passages: Sequence[Passage]) -> "LexicalIndex":
        """Count the words of ``passages``."""
        corpus = [_weighted_terms(passage) for passage in passages]
        if not any(corpus):
            return cls(model=None, size=len(passages))
        model = bm25s.BM25(method="lucene", k1=_K1, b=_B)
        model.index(corpus, show_progress=False)
        return cls(model=model, size=len(passages))

    @classmethod
    def open(cls, folder: Path, *, size: int) -> "LexicalIndex":
        """Open what ``save`` wrote for ``size`` passages."""
        model = bm25s.BM25.load(folder, show_progress=False) if folder.is_dir() else None
        return cls(model=model, size=size)

    def save(self, folder: Path) -> None:
        """Write the files of the index into ``folder``, which need not exist."""
        if self._model is not None:
            self._model.save(folder, show_progress=False)

    def scores(self, text: str) -> Scores:
        """Return the score of every passage, shape (size,); 0 where no word of ``text`` is."""
        words = question_terms(text)
        known = [word for word in words if self._model and word in self._model.vocab_dict]
        if self._model is None or not known:
            return np.zeros(self._size, np.float32)
        scores: Scores = self._model.get_scores(known)
        return scores

    def document_frequency(self, term: str) -> int:
        """Return how many passages hold ``term``, which is a stem as ``terms`` gives it."""
        number = self._model.vocab_dict.get(term) if self._model else None
        if self._model is None or number is None:
            return 0
        ends = self._model.scores["indptr"]
        return int(ends[number + 1] - ends[number])

    def search(self, text: str, k: int) -> tuple[Rows, Scores]:
        """Return the best ``k`` rows that share a word with ``text``, best first."""
        scores = self.scores(text)
        rows = np.argpartition(-scores, k)[:k] if k < scores.size else np.arange(scores.size)
        rows = rows[scores[rows] > 0]
        rows = rows[np.argsort(-scores[rows], kind="stable")].astype(np.int64)
        return rows, scores[rows]


def _weighted_terms(passage: Passage) -> list[str]:
    title, heading = terms(passage.title), terms(passage.heading)
    products = [term for product in passage.products for term in terms(product)]
    return terms(passage.text) + title * _TITLE_WEIGHT + heading * _HEADING_WEIGHT + products
