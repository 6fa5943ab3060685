"""Which sentences of the passages found answer the question; pure.

Meaning alone prefers sentences that repeat the topic; the words of the question, weighed by how
telling they are, prefer those that say something about it. A sentence whose neighbours fit is more
likely part of the answer, and one with a number is likelier where a number is asked for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.retrieval.embedder import Vectors
from assistant.retrieval.fusion import Scores
from assistant.retrieval.terms import known_terms

COVERAGE_WEIGHT = 1.0
PASSAGE_WEIGHT = 0.1
NEIGHBOUR_WEIGHT = 0.1
NUMBER_WEIGHT = 0.1
FIRST_WEIGHT = 0.02
CONTEXT_SHARE = 0.5
"""What a word of the question counts that stands in the title or heading, not in the sentence."""

_ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|old|long|far|tall|big|high|often|fast|late|early|soon|hot|heavy)\b"
    r"|\bwhat (?:year|percent|percentage|number|date|day|time|age|amount|price|temperature)\b"
    r"|\bwhen\b|\bwhich (?:year|day|date)\b",
    re.IGNORECASE,
)
_ASKS_WAY = re.compile(
    r"\bhow (?:do|does|can|could|should|would|to|must)\b|\b(?:steps|instructions)\b",
    re.IGNORECASE,
)
_HAS_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|"
    r"million|once|twice|half|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """The terms of a question with how telling each is, and what kind of answer it asks for.

    ``asks_number`` for a number or a date, ``asks_way`` for how something is done.
    """

    weights: Mapping[str, float]
    asks_number: bool = False
    asks_way: bool = False

    total: float = field(init=False)
    """The weight of all terms; counted once, for every sentence is held against it."""

    def __post_init__(self) -> None:
        """Weigh the whole question."""
        object.__setattr__(self, "total", sum(self.weights.values()))

    def coverage(self, found: frozenset[str]) -> float:
        """Return which part of the question, by weight of its terms, is among ``found``."""
        if not self.total:
            return 0.0
        held = [weight for term, weight in self.weights.items() if term in found]
        return sum(held) / self.total


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage whose sentences compete: the number of its hit, its row, its fused score, headings.

    ``context`` holds the title and the headings.
    """

    hit: int
    row: int
    score: float
    texts: Sequence[str]
    vectors: Vectors
    context: str = ""


class AnswerSentence(NamedTuple):
    """One sentence: of which hit (``hit``, ``row`` in the index), its number, how well it fits.

    ``coverage`` is the part of the question's weighted terms that the sentence itself holds. A
    named tuple, because some forty are made in each turn.
    """

    hit: int
    row: int
    number: int
    text: str
    score: float
    vector_score: float
    coverage: float


def wants_number(question: str) -> bool:
    """Return whether ``question`` asks for a number, an amount or a date."""
    return _ASKS_NUMBER.search(question) is not None


def wants_way(question: str) -> bool:
    """Return whether ``question`` asks how something is done."""
    return _ASKS_WAY.search(question) is not None


def rank_sentences(
    candidates: Sequence[Candidate], question: QuestionTerms, vector: NDArray[np.float32]
) -> tuple[AnswerSentence, ...]:
    """Return the sentences of all ``candidates``, best first.

    All passages are scored in one pass: a turn has few sentences, and it is the number of calls
    that takes the time.
    """
    read = [candidate for candidate in candidates if candidate.texts]
    if not read:
        return ()
    own, fit = _fit(read, question)
    cosine: Scores = np.concatenate([candidate.vectors for candidate in read]) @ vector
    score = _scores(read, question, cosine, fit)
    places = [(candidate, number) for candidate in read for number in range(len(candidate.texts))]
    values = list(zip(places, score.tolist(), cosine.tolist(), own.tolist(), strict=True))
    return tuple(
        AnswerSentence(candidate.hit, candidate.row, number, candidate.texts[number], *fits)
        for (candidate, number), *fits in map(
            values.__getitem__, np.argsort(-score, kind="stable").tolist()
        )
    )


def _scores(
    read: Sequence[Candidate], question: QuestionTerms, cosine: Scores, fit: Scores
) -> Scores:
    """Return how well each sentence of the passages in a row answers."""
    sizes = [len(candidate.texts) for candidate in read]
    starts = np.cumsum([0, *sizes[:-1]])
    passage = np.array([PASSAGE_WEIGHT * candidate.score for candidate in read], np.float32)
    score: Scores = (
        cosine
        + np.float32(COVERAGE_WEIGHT) * fit
        + np.float32(NEIGHBOUR_WEIGHT) * _beside(fit, starts)
        + passage.repeat(sizes)
    )
    score[starts] += np.float32(FIRST_WEIGHT)
    if question.asks_number:
        held = [_has_number(text) for candidate in read for text in candidate.texts]
        score += NUMBER_WEIGHT * np.array(held)
    return score


@lru_cache(maxsize=32_768)
def _has_number(text: str) -> bool:
    """Return whether a sentence of the shared knowledge holds a number or a day."""
    return _HAS_NUMBER.search(text) is not None


def _fit(read: Sequence[Candidate], question: QuestionTerms) -> tuple[Scores, Scores]:
    """Return how much of the question each sentence holds: alone, and with headings in part.

    Few sentences hold any of the question's terms, and many the same ones.
    """
    asked = frozenset(question.weights)
    known: dict[frozenset[str], float] = {}

    def coverage(held: frozenset[str]) -> float:
        if held not in known:
            known[held] = question.coverage(held)
        return known[held]

    own, whole = [], []
    for candidate in read:
        around = asked & known_terms(candidate.context)
        for text in candidate.texts:
            held = asked & known_terms(text)
            own.append(coverage(held))
            whole.append(coverage(held | around))
    alone = np.array(own, np.float32)
    return alone, alone + np.float32(CONTEXT_SHARE) * (np.array(whole, np.float32) - alone)


def _beside(values: Scores, starts: NDArray[np.int64]) -> Scores:
    """Return the mean of what stands before and after each value, within its own passage."""
    before, after = np.zeros_like(values), np.zeros_like(values)
    before[1:] = values[:-1]
    after[:-1] = values[1:]
    before[starts] = 0
    after[starts[1:] - 1] = 0
    return (before + after) / np.float32(2)
