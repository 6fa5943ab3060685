"""One opened generation of the knowledge index: vectors, words, sentences. It never changes.

faiss is used here and nowhere else. Up to 20,000 passages every vector is compared, which is exact
and takes a third of a millisecond at 5,000; above that a graph finds nearly the same in less time.
"""

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np

from assistant.core.errors import IndexDamaged
from assistant.retrieval.document_vectors import DocumentVectors
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.fusion import Rows, Scores
from assistant.retrieval.lexical import LexicalIndex
from assistant.retrieval.passage_file import read_passages, write_passages
from assistant.retrieval.passages import Passage
from assistant.retrieval.sentence_vectors import SentenceVectors

EXACT_LIMIT = 20_000
"""Passages up to which every vector is compared."""

_VECTORS, _LEXICAL = "vectors.faiss", "lexical"
_SEARCH_WIDTH = 96
"""Candidates the graph keeps while it searches; more finds more of the true nearest."""


class KnowledgeIndex:
    """Passages and the two arms that find them; rows number the passages.

    Every method may be called from any thread at any time.
    """

    def __init__(
        self,
        *,
        generation: str,
        embedder: str,
        passages: Sequence[Passage],
        vectors: "faiss.Index",
        lexical: LexicalIndex,
        sentences: SentenceVectors,
    ) -> None:
        """Join parts that were built or opened together."""
        faiss.omp_set_num_threads(1)
        self.generation = generation
        self.embedder = embedder
        self.passages = tuple(passages)
        self.dimensions = int(vectors.d)
        self._vectors = vectors
        self._lexical = lexical
        self._sentences = sentences
        self._documents = DocumentVectors.of(self.passages, self.vectors_of, self.dimensions)

    @classmethod
    def build(
        cls,
        *,
        generation: str,
        embedder: str,
        passages: Sequence[Passage],
        vectors: Vectors,
        sentences: SentenceVectors,
    ) -> "KnowledgeIndex":
        """Index ``passages``; ``vectors`` has one row for each."""
        return cls(
            generation=generation,
            embedder=embedder,
            passages=passages,
            vectors=_index_vectors(vectors),
            lexical=LexicalIndex.build(passages),
            sentences=sentences,
        )

    @classmethod
    def open(cls, folder: Path, *, generation: str, embedder: str) -> "KnowledgeIndex":
        """Open what ``save`` wrote; the files' checksums were compared before.

        Raises:
            IndexDamaged: the parts do not fit together.
        """
        passages = read_passages(folder)
        vectors = faiss.read_index(str(folder / _VECTORS))
        if vectors.ntotal != len(passages):
            raise IndexDamaged(
                f"the index {generation} has {vectors.ntotal} vectors for "
                f"{len(passages)} passages: rebuild it with `assistant index`"
            )
        return cls(
            generation=generation,
            embedder=embedder,
            passages=passages,
            vectors=vectors,
            lexical=LexicalIndex.open(folder / _LEXICAL, size=len(passages)),
            sentences=SentenceVectors.open(folder),
        )

    def save(self, folder: Path) -> None:
        """Write every part into ``folder``, which exists."""
        write_passages(folder, self.passages)
        faiss.write_index(self._vectors, str(folder / _VECTORS))
        self._lexical.save(folder / _LEXICAL)
        self._sentences.save(folder)

    def vector_arm(self, vector: Vectors, k: int) -> tuple[Rows, Scores]:
        """Return the ``k`` rows nearest to ``vector`` (shape (dimensions,)) and their cosines."""
        count = min(k, len(self.passages))
        if count <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        scores, rows = self._vectors.search(vector.reshape(1, -1), count)
        found = rows[0] >= 0
        return rows[0][found], scores[0][found]

    def lexical_arm(self, text: str, k: int) -> tuple[Rows, Scores]:
        """Return up to ``k`` rows that share words with ``text`` and their BM25 scores."""
        return self._lexical.search(text, k)

    def vector_scores(self, vector: Vectors, rows: Rows) -> Scores:
        """Return the cosine of ``vector`` to each of ``rows``, whichever arm found them."""
        scores: Scores = self.vectors_of(rows) @ vector
        return scores

    def document_scores(self, vector: Vectors, rows: Rows, own: Scores) -> Scores:
        """Return the cosine of ``vector`` to the whole document of each of ``rows``.

        ``own`` is what ``vector_scores`` gave for them.
        """
        return self._documents.scores(vector, rows, own)

    def opening_of(self, row: int) -> int:
        """Return the row of the passage that opens the document of ``row``."""
        return int(self._documents.firsts[row])

    def lexical_scores(self, text: str) -> Scores:
        """Return the BM25 score of every passage, shape (passages,)."""
        return self._lexical.scores(text)

    def document_frequency(self, term: str) -> int:
        """Return how many passages hold the stem ``term``."""
        return self._lexical.document_frequency(term)

    def vectors_of(self, rows: Rows) -> Vectors:
        """Return the vectors of ``rows``, shape (len(rows), dimensions)."""
        if rows.size == 0:
            return np.zeros((0, self.dimensions), np.float32)
        vectors: Vectors = self._vectors.reconstruct_batch(rows)
        return vectors

    def sentence_vectors(self, row: int) -> Vectors:
        """Return the unit vectors of one passage's sentences, shape (sentences, dimensions)."""
        return self._sentences.of_passage(row)


def _index_vectors(vectors: Vectors) -> "faiss.Index":
    """Return a faiss index by inner product over the rows of ``vectors``."""
    rows = np.ascontiguousarray(vectors, np.float32)
    exact = len(rows) <= EXACT_LIMIT
    # Half precision: an index that is built from another's vectors changes nothing in them.
    kind = "Flat" if exact else "HNSW32_SQfp16"
    index: faiss.Index = faiss.index_factory(rows.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    if not exact:
        index.train(rows)
        index.hnsw.efSearch = _SEARCH_WIDTH  # type: ignore[attr-defined]  # of the graph's class
    index.add(rows)
    return index
