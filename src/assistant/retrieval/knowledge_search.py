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
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True, eq=False)
class WeighedWords:
    """What the words of one text say about one index; found while its vector is still computed."""

    index: KnowledgeIndex
    text: str
    scores: Scores
    """The BM25 score of every passage."""
    best: Rows
    """The rows that words alone put forward."""
    terms: QuestionTerms


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
    words: WeighedWords | None = None
    """What ``weigh`` gave for ``text``, where there was time for it before."""

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

    def weigh(self, text: str) -> WeighedWords:
        """Do for ``text`` all of a search that needs no vector."""
        scores = self.index.lexical_scores(text)
        terms = QuestionTerms(self._idf(text), wants_number(text), wants_way(text))
        return WeighedWords(self.index, text, scores, _best(scores, CANDIDATES), terms)

    def search(self, query: KnowledgeQuery, *, k: int = 10) -> KnowledgeHits:
        """Return the ``k`` best passages, and after them the opening of the best one's document.

        The opening is added where it is not among them; how a document begins is often the answer.
        """
        vector = query.joint_vector
        words = self._words_of(query)
        lexical = words.scores
        rows = self._candidates(query, vector, words.best)
        if not rows.size:
            return KnowledgeHits((), words.terms, vector)
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
        return KnowledgeHits(hits, words.terms, vector)

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
        """Return the first ``k`` of ``order``, and where in (sorted) ``rows`` the opening is."""
        best = order[:k]
        if not best.size:
            return best
        opening = self.index.opening_of(int(rows[best[0]]))
        place = int(np.searchsorted(rows, opening))
        stands = place < rows.size and rows[place] == opening
        return np.append(best, place) if stands and place not in best else best

    @property
    def _lexical_weight(self) -> float:
        """The weight of words: how telling a word is can be told only from many passages."""
        size = max(len(self.index.passages), 1)
        share = math.log(size / FEW_PASSAGES) / math.log(MANY_PASSAGES / FEW_PASSAGES)
        return LEXICAL_WEIGHT * min(max(share, 0.0), 1.0)

    def _candidates(self, query: KnowledgeQuery, vector: Vectors, by_words: Rows) -> Rows:
        """Return the rows that any arm puts forward, in ascending order."""
        clauses = () if query.clause_vectors is None else query.clause_vectors
        by_clause = [self.index.vector_arm(clause, CLAUSE_CANDIDATES)[0] for clause in clauses]
        by_vector = self.index.vector_arm(vector, CANDIDATES)[0]
        forward = np.zeros(len(self.index.passages), np.bool_)
        for arm in (by_vector, by_words, *by_clause):
            forward[arm] = True
        rows = np.flatnonzero(forward)
        if not query.hidden:
            return rows
        visible = [self.index.passages[row].document_id not in query.hidden for row in rows]
        return np.asarray(rows[np.array(visible, np.bool_)], np.int64)

    def _words_of(self, query: KnowledgeQuery) -> WeighedWords:
        """Return the words of the query weighed, with those of the turn before it.

        What was weighed before is not used where the index was swapped since.
        """
        own = query.words
        if own is None or own.index is not self.index or own.text != query.text:
            own = self.weigh(query.text)
        if not query.previous_text:
            return own
        previous = self.index.lexical_scores(query.previous_text)
        scores = own.scores + np.float32(PREVIOUS_TURN_WEIGHT) * previous
        terms = self._with_previous(own.terms, query.previous_text)
        return replace(own, scores=scores, best=_best(scores, CANDIDATES), terms=terms)

    def _with_previous(self, terms: QuestionTerms, previous_text: str) -> QuestionTerms:
        """Return ``terms``, and where they are few those of the turn before as well."""
        if len(terms.weights) >= 3:
            return terms
        previous = {
            term: idf * PREVIOUS_TURN_WEIGHT
            for term, idf in self._idf(previous_text).items()
            if term not in terms.weights
        }
        return QuestionTerms({**terms.weights, **previous}, terms.asks_number, terms.asks_way)

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
