"""Which of a customer's records a request means: numbers, names, options, state, dates.

A customer says "cancel the order with the black kettle", not an order number. Each clause of the
request is held against each record; what counts is written out as a few weights that hold for any
shop: an order number decides, a named product counts most, its options tell twins apart, and what
is wanted fits only some states (a delivered order cannot be cancelled, a placed one not returned).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import numpy as np

from assistant.retrieval.record_types import (
    Case,
    Order,
    OrderItem,
    Record,
    Return,
    Subscription,
    order_key,
)
from assistant.retrieval.terms import terms
from assistant.retrieval.time_expressions import TimeInterval, find_intervals

NUMBER_WEIGHT = 10.0
OPTION_WEIGHT = 1.0
OPTION_ALONE = 0.2
STATE_WEIGHT = 0.5
DATE_WEIGHT = 1.0

_CLAUSE = re.compile(r"(?<=[.!?])\s+|\n+")
_MARKS = re.compile(r"[\s,;:!?(){}\[\]\"\u201c\u201d]+")
_OPEN_STATES = frozenset({"placed"})
_UNDER_WAY = frozenset({"placed", "shipped", "partly_delivered"})
_ARRIVED = frozenset({"delivered", "partly_delivered"})
_WANTED_STATES = (
    (re.compile(r"\b(cancel|modif|chang|switch|add to|remove|updat)\w*", re.I), _OPEN_STATES),
    (
        re.compile(
            r"\b(return|exchang|send back|sent back|refund|replac|broke|broken|damaged|faulty|"
            r"defective|does(?:n't| not) work|received|arrived|delivered)\w*",
            re.I,
        ),
        _ARRIVED,
    ),
    (
        re.compile(r"\b(where(?:'s| is| are)|track|arriv(?:e|ing)|expect|waiting|late)\w*", re.I),
        _UNDER_WAY,
    ),
    (re.compile(r"\b(cancelled|canceled)\b", re.I), frozenset({"cancelled"})),
)


@dataclass(frozen=True, slots=True)
class ItemMatch:
    """How well one item of an order fits; ``score`` 1 is its whole name."""

    item: OrderItem
    score: float


@dataclass(frozen=True, slots=True)
class RecordMatch:
    """How well one record fits a request, and why."""

    record: Record
    score: float
    items: tuple[ItemMatch, ...]
    """Every item of the record, best first."""
    numbered: bool = False
    """The request names the number of the order (or case)."""
    in_time: bool = False
    """Something happened to the record in an interval that the request names."""


def match_records(text: str, records: Sequence[Record], now: datetime) -> tuple[RecordMatch, ...]:
    """Return the match of each of ``records``, in their order."""
    clauses = [part for part in _CLAUSE.split(text) if part.strip()] or [text]
    vocabulary = _Vocabulary.of(records)
    parsed = [_Clause.of(clause, now) for clause in clauses]
    return tuple(_match(record, parsed, vocabulary) for record in records)


def items_of(record: Record) -> tuple[OrderItem, ...]:
    """Return the items a record is about; subscriptions and cases have none."""
    return () if isinstance(record, Subscription | Case) else record.items


@lru_cache(maxsize=20_000)
def _spaced(text: str) -> str:
    """Return the words in lower case between single spaces, so that whole words are compared."""
    words = (word.strip(".'\u2019") for word in _MARKS.split(text.lower()))
    return f" {' '.join(filter(None, words))} "


@lru_cache(maxsize=20_000)
def _name_terms(name: str) -> frozenset[str]:
    """Return the terms of a product's name; the same few names come again in every turn."""
    return frozenset(terms(name))


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """How telling each word of the customer's product names is: rare words tell more."""

    weights: dict[str, float]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "_Vocabulary":
        every = {item.name for record in records for item in items_of(record)}
        names = [_name_terms(name) for name in every]
        counts: dict[str, int] = {}
        for name in names:
            for term in name:
                counts[term] = counts.get(term, 0) + 1
        return cls({term: float(np.log1p(len(names) / n)) for term, n in counts.items()})

    def coverage(self, name: str, words: frozenset[str]) -> float:
        """Return which part of a name, by weight of its words, is among ``words``."""
        parts = _name_terms(name)
        if parts.isdisjoint(words):
            return 0.0
        total = sum(self.weights.get(part, 1.0) for part in parts)
        found = sum(self.weights.get(part, 1.0) for part in parts & words)
        return found / total if total else 0.0


@dataclass(frozen=True, slots=True)
class _Clause:
    spaced: str
    """The words in lower case, each between spaces, marks between them left out."""
    words: frozenset[str]
    numbers: frozenset[str]
    states: tuple[frozenset[str], ...]
    intervals: tuple[TimeInterval, ...]

    @classmethod
    def of(cls, text: str, now: datetime) -> "_Clause":
        return cls(
            spaced=_spaced(text),
            words=frozenset(terms(text)),
            numbers=frozenset(order_key(word) for word in re.findall(r"[\w#-]*\d[\w-]*", text)),
            states=tuple(states for pattern, states in _WANTED_STATES if pattern.search(text)),
            intervals=find_intervals(text, now),
        )


def _match(record: Record, clauses: Sequence[_Clause], vocabulary: _Vocabulary) -> RecordMatch:
    matches = [_match_clause(record, clause, vocabulary) for clause in clauses]
    if len(matches) == 1:
        return matches[0]
    best = max(matches, key=lambda match: match.score)
    items: dict[str, ItemMatch] = {}
    for found in (item for match in matches for item in match.items):
        known = items.get(found.item.item_id)
        if known is None or found.score > known.score:
            items[found.item.item_id] = found
    return replace(best, items=_best_first(items.values()))


def _best_first(items: Iterable[ItemMatch]) -> tuple[ItemMatch, ...]:
    return tuple(sorted(items, key=lambda match: match.score, reverse=True))


def _match_clause(record: Record, clause: _Clause, vocabulary: _Vocabulary) -> RecordMatch:
    numbered = bool(clause.numbers) and not clause.numbers.isdisjoint(_numbers(record))
    in_time = bool(clause.intervals) and any(
        interval.contains(event.time) for interval in clause.intervals for event in record.events
    )
    items = _best_first(
        ItemMatch(item, _item_score(item, clause, vocabulary)) for item in items_of(record)
    )
    named: dict[str, float] = {}
    for match in items:
        named[match.item.name] = max(named.get(match.item.name, 0.0), match.score)
    score = (
        NUMBER_WEIGHT * numbered
        + sum(named.values())
        + STATE_WEIGHT * _fits(record, clause)
        + DATE_WEIGHT * in_time
    )
    return RecordMatch(record, score, items, numbered, in_time)


def _numbers(record: Record) -> tuple[str, ...]:
    match record:
        case Order() | Return():
            return (order_key(record.order_id),)
        case Case():
            return (order_key(record.case_id),)
        case Subscription():
            return (order_key(record.subscription_id),)
        case _:
            return ()


def _fits(record: Record, clause: _Clause) -> float:
    """Return the share of what the clause wants that an order in this state allows."""
    if not isinstance(record, Order) or not clause.states:
        return 0.0
    return sum(record.status in states for states in clause.states) / len(clause.states)


def _item_score(item: OrderItem, clause: _Clause, vocabulary: _Vocabulary) -> float:
    coverage = vocabulary.coverage(item.name, clause.words)
    found = [_spaced(value) in clause.spaced for _, value in item.options]
    fit = sum(found) / len(found) if found else 0.0
    if coverage < 0.3:
        return OPTION_ALONE * fit
    return coverage * coverage * (1.0 + OPTION_WEIGHT * fit)
