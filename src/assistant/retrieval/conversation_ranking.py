"""Turns of long conversations ranked for a question: exact, within one conversation partner's own.

A turn alone says little ("Yes, the blue one"). So each turn competes as itself, with its date and
speaker in front, and as a window with its neighbours; turns of a session in which much fits gain,
and so do those of the one speaker the question names. The weights are few and round: they were
chosen on whole sets, not on single questions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from assistant.retrieval.embedder import Vectors
from assistant.retrieval.fusion import Scores, fuse, z_scores
from assistant.retrieval.term_postings import LexicalItems, TermPostings
from assistant.retrieval.terms import terms
from assistant.retrieval.time_expressions import find_intervals

SESSION_WEIGHT = 0.4
SPEAKER_WEIGHT = 0.9
DATE_WEIGHT = 0.6
_SESSION_TOP = 3


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """One turn of a conversation; ``session`` counts the conversations with this partner."""

    turn_id: str
    speaker: str
    text: str
    at: datetime
    session: int


@dataclass(frozen=True, slots=True)
class IndexedTurns:
    """Turns with the vectors and terms of each turn and of its window."""

    turns: tuple[SpokenTurn, ...]
    own_vectors: Vectors
    window_vectors: Vectors
    own_terms: LexicalItems
    window_terms: LexicalItems


def turn_texts(turns: Sequence[SpokenTurn]) -> list[str]:
    """Return what is indexed of each turn by itself: date, speaker, words."""
    return [f"{_spoken(turn.at)} {turn.speaker}: {turn.text}" for turn in turns]


def _spoken(moment: datetime) -> str:
    """Return "1:56 pm on 8 May, 2023": dates are asked for as people say them."""
    half = "am" if moment.hour < 12 else "pm"
    return f"{moment.hour % 12 or 12}:{moment:%M} {half} on {moment.day} {moment:%B}, {moment.year}"


def window_texts(turns: Sequence[SpokenTurn]) -> list[str]:
    """Return each turn between its neighbours in the same session."""
    texts = []
    for place, turn in enumerate(turns):
        near = turns[max(0, place - 1) : place + 2]
        texts.append("\n".join(f"{t.speaker}: {t.text}" for t in near if t.session == turn.session))
    return texts


def index_turns(
    turns: Sequence[SpokenTurn], own_vectors: Vectors, window_vectors: Vectors
) -> IndexedTurns:
    """Join turns with the vectors of their ``turn_texts`` and ``window_texts``."""
    return IndexedTurns(
        turns=tuple(turns),
        own_vectors=own_vectors,
        window_vectors=window_vectors,
        own_terms=_lexical(turn_texts(turns)),
        window_terms=_lexical(window_texts(turns)),
    )


def rank_turns(
    indexed: IndexedTurns, question: str, vector: NDArray[np.float32], now: datetime
) -> Scores:
    """Return a score for each turn, higher is better."""
    words = dict.fromkeys(terms(question), 1.0)
    scores = fuse(
        (
            (1.0, indexed.own_vectors @ vector),
            (1.0, indexed.window_vectors @ vector),
            (1.0, indexed.own_terms.scores(words)),
            (1.0, indexed.window_terms.scores(words)),
        )
    )
    scores = scores + np.float32(SESSION_WEIGHT) * _session_prior(indexed.turns, scores)
    scores = scores + np.float32(SPEAKER_WEIGHT) * _named_speaker(indexed.turns, question)
    intervals = find_intervals(question, now)
    in_time = [any(i.contains(turn.at) for i in intervals) for turn in indexed.turns]
    return scores + np.float32(DATE_WEIGHT) * np.array(in_time, np.float32)


def _lexical(texts: Sequence[str]) -> LexicalItems:
    postings = TermPostings.of([terms(text) for text in texts])
    return LexicalItems((postings,), np.ones(len(texts), np.bool_))


def _session_prior(turns: Sequence[SpokenTurn], scores: Scores) -> Scores:
    """Return, for each turn, how much of its session fits: the mean of the session's best turns."""
    _, sessions = np.unique([turn.session for turn in turns], return_inverse=True)
    count = int(sessions.max(initial=-1)) + 1
    tops = [np.sort(scores[sessions == place])[-_SESSION_TOP:].mean() for place in range(count)]
    return z_scores(np.array(tops, np.float32))[sessions]


def _named_speaker(turns: Sequence[SpokenTurn], question: str) -> Scores:
    """Return 1 for turns of the one speaker whom the question names, if it names just one."""
    words = set(re.findall(r"\w+", question.lower()))
    named = {s for s in {turn.speaker for turn in turns} if words & set(s.lower().split())}
    if len(named) != 1:
        return np.zeros(len(turns), np.float32)
    return np.array([turn.speaker in named for turn in turns], np.float32)


def speaker_margin(indexed: IndexedTurns, question: str, vector: NDArray[np.float32]) -> float:
    """Return how much better the named speaker's best turn fits than the others' best turn.

    Negative: what is asked about one person was said by another, and must not be attributed. 0 if
    the question names nobody.
    """
    named = _named_speaker(indexed.turns, question).astype(np.bool_)
    if not named.any() or named.all():
        return 0.0
    words = dict.fromkeys(terms(question), 1.0)
    scores = fuse(((1.0, indexed.own_vectors @ vector), (1.0, indexed.own_terms.scores(words))))
    return float(scores[named].max() - scores[~named].max())
