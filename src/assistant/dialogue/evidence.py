"""What was found for a question, from both sources, before anything is decided."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from assistant.dialogue.record_choice import NOTHING_SAID, Choice, SaidBefore, choose_records
from assistant.dialogue.understanding import Understanding
from assistant.retrieval.answer_sentences import AnswerSentence
from assistant.retrieval.history_ranking import HistoryQuestion, HistoryView, rank_history
from assistant.retrieval.knowledge_search import (
    KnowledgeHits,
    KnowledgeQuery,
    KnowledgeSearch,
    WeighedWords,
)

Probability = Callable[[str, KnowledgeHits, tuple[AnswerSentence, ...]], float]
"""From a question and what was found for it to the calibrated probability that it is answered."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its vector, the user turn before it, and what was understood of it."""

    text: str
    vector: NDArray[np.float32]
    asked: Understanding
    now: datetime
    previous_text: str | None = None
    previous_vector: NDArray[np.float32] | None = None
    said_before: SaidBefore = NOTHING_SAID
    words: WeighedWords | None = None


@dataclass(frozen=True, slots=True)
class KnowledgeEvidence:
    """The passages found, their sentences, and how likely they answer the question."""

    found: KnowledgeHits
    sentences: tuple[AnswerSentence, ...]
    probability: float


def find_in_knowledge(
    question: Question, search: KnowledgeSearch, probability: Probability
) -> KnowledgeEvidence:
    """Search the knowledge; a follow-up takes the turn before it along."""
    joined = question.asked.follow_up
    query = KnowledgeQuery(
        text=question.text,
        vector=question.vector,
        previous_text=question.previous_text if joined else None,
        previous_vector=question.previous_vector if joined else None,
        words=question.words,
    )
    found = search.search(query)
    sentences = search.answer_sentences(found)
    return KnowledgeEvidence(found, sentences, probability(question.text, found, sentences))


def find_in_history(question: Question, view: HistoryView) -> Choice:
    """Rank one customer's opened history and choose the records that are meant."""
    ranking = rank_history(view, HistoryQuestion(question.text, question.now, question.vector))
    return choose_records(ranking, question.asked, question.text, question.said_before)
