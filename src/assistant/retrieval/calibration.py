"""The probability that a question can be answered from what was found, and when to abstain.

Similarity alone cannot say: a passage about the same thing without the answer is nearly as near as
one with it. So a logistic regression weighs the best cosine together with how far the best hit
stands out, how well the best sentence fits, and how many of the question's words are there at all.
Few features and strongly drawn together: what else was tried (rarest missing word, numbers and
names, agreement of the arms, gaps between hits) fitted its own set and did worse on others.
``bench/fit_calibration.py`` fits on sets whose licence permits it; ``calibration.json`` says how.
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache
from importlib.resources import files

import orjson

from assistant.retrieval.answer_sentences import AnswerSentence
from assistant.retrieval.knowledge_search import KnowledgeHits
from assistant.retrieval.terms import known_terms

_LOOKED_AT = 10
"""Hits that count, however many were asked for."""
_READ = 3
"""Hits whose words are looked at."""


@dataclass(frozen=True, slots=True)
class AnswerFeatures:
    """What the probability is computed from; the names are those of the coefficients."""

    passage_cosine: float
    """The best cosine among the hits."""
    fused_lead: float
    """How far the best hit stands out among the candidates, in deviations."""
    sentence_score: float
    """How well the best sentence fits, by meaning and by how much of the question it holds."""
    passage_coverage: float
    """The part of the question's words, by how telling they are, in one of the best passages."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted logistic regression over ``AnswerFeatures``."""

    intercept: float
    coefficients: tuple[float, ...]
    threshold: float

    def probability(self, features: AnswerFeatures) -> float:
        """Return how likely the question can be answered from what was found."""
        pairs = zip(self.coefficients, astuple(features), strict=True)
        return 1 / (
            1 + math.exp(-(self.intercept + sum(weight * value for weight, value in pairs)))
        )

    def answers(self, features: AnswerFeatures) -> bool:
        """Return whether the assistant should answer rather than abstain."""
        return self.probability(features) >= self.threshold


@cache
def packaged_calibration() -> Calibration:
    """Return the calibration that lies in the package."""
    text = files("assistant.retrieval").joinpath("calibration.json").read_bytes()
    return calibration_from(orjson.loads(text))


def calibration_from(content: dict[str, object]) -> Calibration:
    """Return the calibration that the parsed ``calibration.json`` describes."""
    weights = content["coefficients"]
    if not isinstance(weights, dict):
        raise TypeError("coefficients must be an object")
    return Calibration(
        intercept=float(str(content["intercept"])),
        coefficients=tuple(float(weights[name]) for name in AnswerFeatures.__slots__),
        threshold=float(str(content["threshold"])),
    )


def answer_features(
    question: str, found: KnowledgeHits, sentences: Sequence[AnswerSentence]
) -> AnswerFeatures:
    """Return the features of ``question`` given its hits and its ranked sentences."""
    if not found.hits or not sentences or not question.strip():
        return AnswerFeatures(0, 0, 0, 0)
    hits = found.hits[:_LOOKED_AT]
    texts = (f"{h.passage.title} {h.passage.heading} {h.passage.text}" for h in hits[:_READ])
    return AnswerFeatures(
        passage_cosine=max(hit.vector_score for hit in hits),
        fused_lead=hits[0].score,
        sentence_score=sentences[0].score,
        passage_coverage=max(found.question.coverage(known_terms(text)) for text in texts),
    )
