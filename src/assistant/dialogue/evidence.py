"""What was found for a question, from both sources, before anything is decided."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from assistant.dialogue.record_choice import (
    NOTHING_SAID,
    Choice,
    SaidBefore,
    choose_records,
    topic_of,
)
from assistant.dialogue.record_words import Topic
from assistant.dialogue.understanding import Understanding
from assistant.retrieval.answer_sentences import AnswerSentence
from assistant.retrieval.history_ranking import (
    HistoryQuestion,
    HistoryView,
    WeighedHistory,
    rank_history,
    weigh_history,
)
from assistant.retrieval.knowledge_search import (
    KnowledgeHits,
    KnowledgeQuery,
    KnowledgeSearch,
    WeighedWords,
)

Probability = Callable[[str, KnowledgeHits, tuple[AnswerSentence, ...]], float]
"""From a question and what was found for it to the calibrated probability that it is answered."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the words of a question say of the knowledge and of its customer's history."""

    words: WeighedWords | None = None
    history: WeighedHistory | None = None
    topic: Topic | None = None


NOT_WEIGHED = Weighed()


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
    weighed: Weighed = NOT_WEIGHED


@dataclass(frozen=True, slots=True)
class KnowledgeEvidence:
    """The passages found, their sentences, and how likely they answer the question."""

    found: KnowledgeHits
    sentences: tuple[AnswerSentence, ...]
    probability: float


def weigh(
    text: str, now: datetime, search: KnowledgeSearch | None, view: HistoryView | None
) -> Weighed:
    """Do what needs no vector, so that it can be done while the text is encoded."""
    words = search.weigh(text) if search else None
    if view is None:
        return Weighed(words)
    history = weigh_history(view, text, now)
    return Weighed(words, history, topic_of(text, history.intervals, view.records.all()))


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
        words=question.weighed.words,
    )
    found = search.search(query)
    sentences = search.answer_sentences(found)
    return KnowledgeEvidence(found, sentences, probability(question.text, found, sentences))


def find_in_history(question: Question, view: HistoryView) -> Choice:
    """Rank one customer's opened history and choose the records that are meant."""
    asked, weighed = question.asked, question.weighed
    history = HistoryQuestion(question.text, question.now, question.vector)
    ranking = rank_history(view, history, weighed.history)
    return choose_records(ranking, asked, question.text, question.said_before, weighed.topic)
