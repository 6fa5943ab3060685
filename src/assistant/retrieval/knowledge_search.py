"""Product knowledge searched for a question: meaning and words fused, with the turn before.

A follow-up ("and for the other one?") is searched together with the previous turn at half its
weight: in the vector arm as the sum of both vectors (measured on multi-turn questions: as good as
embedding both turns as one text, and the previous vector is known already), in the lexical arm as
the sum of both scores.

What a passage means is half its own and half that of its whole document: the same words stand in
many articles, and the one that is about what is asked is the one to answer from.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.retrieval.answer_sentences import (
    AnswerSentence,
    Candidate,
    QuestionTerms,
    rank_sentences,
    wants_number,
    wants_way,
)
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.fusion import Rows, Scores, fuse, ranked
from assistant.retrieval.knowledge_index import KnowledgeIndex
from assistant.retrieval.passages import Passage
from assistant.retrieval.terms import question_terms

VECTOR_WEIGHT = 1.0
LEXICAL_WEIGHT = 0.5
PREVIOUS_TURN_WEIGHT = 0.5
CLAUSE_WEIGHT = 1.0
DOCUMENT_SHARE = 0.5
"""Which part of a passage's meaning is that of its whole document."""
CANDIDATES = 100
"""Passages taken from each arm; z-scores are those among the candidates."""
CLAUSE_CANDIDATES = 30
FEW_PASSAGES, MANY_PASSAGES = 10, 1000
"""Up to so few passages words do not count, from so many on they have their full weight."""


@dataclass(frozen=True, slots=True)
class KnowledgeQuery:
    """What is asked, and the user turn before it if there was one, each with its vector."""

    text: str
    vector: NDArray[np.float32]
    previous_text: str | None = None
    previous_vector: NDArray[np.float32] | None = None
    clause_vectors: Vectors | None = None
    """One row for each of ``split_clauses(text)``, where there are any."""
    hidden: frozenset[str] = frozenset()
    """Documents to search as if they did not exist; measuring needs it ("gold removed")."""

    @property
    def joint_vector(self) -> NDArray[np.float32]:
        """The unit vector of both turns."""
        if self.previous_vector is None:
            return self.vector
        joint = self.vector + np.float32(PREVIOUS_TURN_WEIGHT) * self.previous_vector
        return np.asarray(joint / max(float(np.linalg.norm(joint)), 1e-9), np.float32)


@dataclass(frozen=True, slots=True)
class PassageHit:
    """A passage with its fused score, its cosine and its BM25 score."""

    passage: Passage
    row: int
    score: float
    vector_score: float
    lexical_score: float
    opens: bool = False
    """Whether its document begins with it."""


@dataclass(frozen=True, slots=True)
class KnowledgeHits:
    """Passages, best first, with what the question was understood to be for scoring sentences."""

    hits: tuple[PassageHit, ...]
    question: QuestionTerms
    vector: NDArray[np.float32]


class KnowledgeSearch:
    """Searches one opened index; make a new one when the index is swapped. Any thread may call."""

    def __init__(self, *, index: KnowledgeIndex) -> None:
        """Search ``index``."""
        self.index = index

    def search(self, query: KnowledgeQuery, *, k: int = 10) -> KnowledgeHits:
        """Return the ``k`` best passages, and after them the opening of the best one's document.

        The opening is added where it is not among them; how a document begins is often the answer.
        """
        vector = query.joint_vector
        lexical = self._lexical_scores(query)
        rows = self._candidates(query, vector, lexical)
        if not rows.size:
            return KnowledgeHits((), self._question_terms(query), vector)
        cosine = self.index.vector_scores(vector, rows)
        meaning = self._meaning(vector, rows, cosine)
        arms = [(VECTOR_WEIGHT, meaning), (self._lexical_weight, lexical[rows])]
        if query.clause_vectors is not None and len(query.clause_vectors):
            clauses = self.index.vectors_of(rows) @ query.clause_vectors.T
            arms.append((CLAUSE_WEIGHT, clauses.max(axis=1)))
        score = fuse(arms)
        hits = tuple(
            PassageHit(
                passage=self.index.passages[row],
                row=int(row),
                score=float(score[place]),
                vector_score=float(cosine[place]),
                lexical_score=float(lexical[row]),
                opens=self.index.opening_of(int(row)) == row,
            )
            for place in self._with_opening(rows, ranked(score), k)
            for row in (rows[place],)
        )
        return KnowledgeHits(hits, self._question_terms(query), vector)

    def answer_sentences(
        self, found: KnowledgeHits, *, passages: int = 5
    ) -> tuple[AnswerSentence, ...]:
        """Return the sentences of the best ``passages`` hits, the best answer first.

        The opening of the best hit's document is read as well.
        """
        best = found.hits[0].passage.document_id if found.hits else ""
        candidates = [
            Candidate(
                hit=number,
                row=hit.row,
                score=hit.score,
                texts=hit.passage.sentence_texts,
                vectors=self.index.sentence_vectors(hit.row),
                context=f"{hit.passage.title} {hit.passage.heading}",
            )
            for number, hit in enumerate(found.hits)
            if number < passages or (hit.opens and hit.passage.document_id == best)
        ]
        return rank_sentences(candidates, found.question, found.vector)

    def _meaning(self, vector: Vectors, rows: Rows, cosine: Scores) -> Scores:
        """Return how near each passage is, in part by how near its whole document is."""
        whole = self.index.document_scores(vector, rows, cosine)
        return cosine + np.float32(DOCUMENT_SHARE) * (whole - cosine)

    def _with_opening(self, rows: Rows, order: Rows, k: int) -> Rows:
        """Return the first ``k`` of ``order``, and where in ``rows`` the opening stands."""
        best = order[:k]
        if not best.size:
            return best
        opening = np.flatnonzero(rows == self.index.opening_of(int(rows[best[0]])))
        return best if np.isin(opening, best).all() else np.concatenate([best, opening])

    @property
    def _lexical_weight(self) -> float:
        """The weight of words: how telling a word is can be told only from many passages."""
        size = max(len(self.index.passages), 1)
        share = math.log(size / FEW_PASSAGES) / math.log(MANY_PASSAGES / FEW_PASSAGES)
        return LEXICAL_WEIGHT * min(max(share, 0.0), 1.0)

    def _candidates(self, query: KnowledgeQuery, vector: Vectors, lexical: Scores) -> Rows:
        """Return the rows that any arm puts forward."""
        clauses = () if query.clause_vectors is None else query.clause_vectors
        by_clause = [self.index.vector_arm(clause, CLAUSE_CANDIDATES)[0] for clause in clauses]
        by_vector = self.index.vector_arm(vector, CANDIDATES)[0]
        rows = np.unique(np.concatenate([by_vector, _best(lexical, CANDIDATES), *by_clause]))
        if not query.hidden:
            return rows
        visible = [self.index.passages[row].document_id not in query.hidden for row in rows]
        return np.asarray(rows[np.array(visible, np.bool_)], np.int64)

    def _lexical_scores(self, query: KnowledgeQuery) -> Scores:
        scores = self.index.lexical_scores(query.text)
        if query.previous_text:
            previous = self.index.lexical_scores(query.previous_text)
            scores = scores + np.float32(PREVIOUS_TURN_WEIGHT) * previous
        return scores

    def _question_terms(self, query: KnowledgeQuery) -> QuestionTerms:
        weights = self._idf(query.text)
        if len(weights) < 3 and query.previous_text:
            previous = self._idf(query.previous_text)
            weights |= {
                term: idf * PREVIOUS_TURN_WEIGHT
                for term, idf in previous.items()
                if term not in weights
            }
        return QuestionTerms(weights, wants_number(query.text), wants_way(query.text))

    def _idf(self, text: str) -> dict[str, float]:
        """Return how telling each term is: the rarer among passages, the more."""
        total = len(self.index.passages)
        found: dict[str, float] = {}
        for term in question_terms(text):
            if term not in found:
                holding = self.index.document_frequency(term)
                found[term] = math.log1p((total - holding + 0.5) / (holding + 0.5))
        return found


def _best(scores: Scores, k: int) -> Rows:
    """Return up to ``k`` rows that score above zero."""
    rows = np.argpartition(-scores, k)[:k] if k < scores.size else np.arange(scores.size)
    return rows[scores[rows] > 0].astype(np.int64)


def documents_of(hits: Sequence[PassageHit]) -> list[str]:
    """Return the documents of ``hits``, each once, where its best passage stands."""
    return list(dict.fromkeys(hit.passage.document_id for hit in hits))
