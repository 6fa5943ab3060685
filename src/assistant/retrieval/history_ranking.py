"""One customer's events and records ranked for a question; exact, over their own items only.

Events compete by meaning and by words, and gain when they fall into a time the question names.
A record (an order with its events) takes the best of its events and adds what only structure can
tell: the order number, the products, the state (``record_matching``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from assistant.core.events import HistoryEvent
from assistant.core.ids import EventId
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.fusion import Scores, fuse, ranked
from assistant.retrieval.record_matching import ItemMatch, RecordMatch, match_records
from assistant.retrieval.record_types import CustomerRecords, Record
from assistant.retrieval.term_postings import LexicalItems
from assistant.retrieval.terms import terms
from assistant.retrieval.time_expressions import TimeInterval, find_intervals

VECTOR_WEIGHT = 1.0
LEXICAL_WEIGHT = 1.0
DATE_WEIGHT = 2.0
"""High: who names a day wants what happened on it."""
TEXT_WEIGHT = 0.1
"""Of the best event's fused score beside the structural match of a record."""
RECENCY_WEIGHT = 0.2
"""Small: it settles near ties in favour of what happened last."""
EXPRESS_RECENCY_WEIGHT = 3.0
"""Where the question says "my last order" or "my first order" in so many words."""

_LATEST = re.compile(
    r"\b(?:last|latest|newest|most recent)\s+(?!day|week|fortnight|month|quarter|year|night|\d)\w+",
    re.IGNORECASE,
)
_EARLIEST = re.compile(r"\b(?:my|the) (?:very )?(?:first|oldest|earliest)\s+\w+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HistoryQuestion:
    """A question about one's own history; without a ``vector`` words and structure decide."""

    text: str
    now: datetime
    vector: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class HistoryView:
    """What a grant lets see of one customer's history, ready to be ranked."""

    events: tuple[HistoryEvent, ...]
    vectors: Vectors
    """One row an event; zero where the event is not indexed yet."""
    has_vector: NDArray[np.bool_]
    lexical: LexicalItems
    places: NDArray[np.int64]
    """Where each event stands in ``lexical``."""
    records: CustomerRecords


@dataclass(frozen=True, slots=True)
class WeighedHistory:
    """What the words and times of a question say of a history, before its meaning is known.

    ``lexical`` and ``in_time`` have one entry per event, ``matches`` and ``recency`` per record.
    """

    intervals: tuple[TimeInterval, ...]
    lexical: Scores
    in_time: NDArray[np.bool_]
    matches: tuple[RecordMatch, ...]
    recency: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class EventHit:
    """An event with its fused score, its cosine and whether it falls into the time asked for."""

    event: HistoryEvent
    score: float
    vector_score: float
    lexical_score: float
    in_time: bool


@dataclass(frozen=True, slots=True)
class RecordHit:
    """A record with its score, the items that were meant (best first) and why it was chosen.

    ``item_score`` is that of the best item: 1 is a whole name, up to 2 with all its options, 0 when
    no item was named.
    """

    record: Record
    score: float
    items: tuple[ItemMatch, ...]
    numbered: bool
    in_time: bool
    vector_score: float

    @property
    def item_score(self) -> float:
        """How clearly the question names one of the record's items."""
        return self.items[0].score if self.items else 0.0


@dataclass(frozen=True, slots=True)
class HistoryRanking:
    """Events and records, best first, and the times that the question names."""

    events: tuple[EventHit, ...]
    records: tuple[RecordHit, ...]
    intervals: tuple[TimeInterval, ...]

    def items(self) -> tuple[tuple[RecordHit, ItemMatch], ...]:
        """Return the items of all records, best first: how well each fits, then its record."""
        pairs = [(hit, match) for hit in self.records for match in hit.items]
        return tuple(
            sorted(pairs, key=lambda p: p[1].score + _RECORD_SHARE * p[0].score, reverse=True)
        )


_RECORD_SHARE = 0.3


def weigh_history(view: HistoryView, text: str, now: datetime) -> WeighedHistory:
    """Do what needs only the words of a question; the encoding takes longer anyway."""
    intervals, records = find_intervals(text, now), view.records.all()
    words = dict.fromkeys(terms(text), 1.0)
    lexical = np.zeros(0, np.float32)
    if view.events:
        lexical = view.lexical.scores(words)[view.places]
    in_time = [any(i.contains(event.time) for i in intervals) for event in view.events]
    recency, weight = _recency([record.at for record in records]), _recency_weight(text)
    return WeighedHistory(
        intervals=intervals,
        lexical=lexical,
        in_time=np.array(in_time, np.bool_),
        matches=match_records(text, records, now),
        recency=tuple(weight * recent for recent in recency),
    )


def rank_history(
    view: HistoryView, question: HistoryQuestion, weighed: WeighedHistory | None = None
) -> HistoryRanking:
    """Rank everything in ``view`` for ``question``, of which ``weighed`` may be known already."""
    weighed = weighed or weigh_history(view, question.text, question.now)
    hits = _event_hits(view, question, weighed)
    records = _record_hits(hits, weighed)
    order = ranked(np.array([hit.score for hit in hits], np.float32))
    return HistoryRanking(tuple(hits[row] for row in order), records, weighed.intervals)


def _event_hits(
    view: HistoryView, question: HistoryQuestion, weighed: WeighedHistory
) -> list[EventHit]:
    if not view.events:
        return []
    lexical, in_time = weighed.lexical, weighed.in_time
    cosine = np.zeros(len(view.events), np.float32)
    if question.vector is not None and view.has_vector.any():
        cosine = view.vectors @ question.vector
    score = _fused(cosine, lexical, view.has_vector) + np.float32(DATE_WEIGHT) * in_time
    return [
        EventHit(event, float(score[i]), float(cosine[i]), float(lexical[i]), bool(in_time[i]))
        for i, event in enumerate(view.events)
    ]


def _fused(cosine: Scores, lexical: Scores, has_vector: NDArray[np.bool_]) -> Scores:
    """Fuse both arms; an event that has no vector yet is as near as the average one."""
    known = cosine.copy()
    if has_vector.any():
        known[~has_vector] = cosine[has_vector].mean()
    return fuse(((VECTOR_WEIGHT, known), (LEXICAL_WEIGHT, lexical)))


def _record_hits(hits: Sequence[EventHit], weighed: WeighedHistory) -> tuple[RecordHit, ...]:
    by_event: dict[EventId, EventHit] = {hit.event.event_id: hit for hit in hits}
    found = []
    for match, recency in zip(weighed.matches, weighed.recency, strict=True):
        own = [by_event[event.event_id] for event in match.record.events]
        score = match.score + TEXT_WEIGHT * max(hit.score for hit in own) + recency
        cosine = max(hit.vector_score for hit in own)
        found.append(
            RecordHit(match.record, score, match.items, match.numbered, match.in_time, cosine)
        )
    return tuple(sorted(found, key=lambda hit: hit.score, reverse=True))


def _recency_weight(text: str) -> float:
    """Return what being the latest counts; negative where the earliest is asked for."""
    if _EARLIEST.search(text):
        return -EXPRESS_RECENCY_WEIGHT
    return EXPRESS_RECENCY_WEIGHT if _LATEST.search(text) else RECENCY_WEIGHT


def _recency(moments: Sequence[datetime]) -> list[float]:
    """Return 1 for the latest of ``moments``, 0 for the earliest, the rest by their order."""
    places = {moment: place for place, moment in enumerate(sorted(set(moments)))}
    return [places[moment] / max(len(places) - 1, 1) for moment in moments]
