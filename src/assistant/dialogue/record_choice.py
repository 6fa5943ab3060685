"""Which of a customer's records a question is about; pure, over what retrieval ranked.

Ranking says what fits best; this says what fits at all, how many are meant, and whether the first
is clearly the one. A number or a product that no record carries means that nothing fits: the wrong
record, told with confidence, is worse than none.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from assistant.core.events import HistoryEvent
from assistant.core.ids import EventId
from assistant.dialogue.record_kinds import Kind, Wanted, is_open, is_order, kinds_for
from assistant.dialogue.record_times import in_time, is_to_come
from assistant.dialogue.record_words import Named, Topic, heads_of, things_of
from assistant.dialogue.understanding import ORDER_NUMBER, Understanding
from assistant.retrieval.event_fields import items_field
from assistant.retrieval.history_ranking import HistoryRanking, RecordHit
from assistant.retrieval.record_matching import items_of
from assistant.retrieval.record_types import Order, OrderItem, Record, order_key
from assistant.retrieval.time_expressions import TimeInterval

_CLOSE = 0.75
"""Share of the best record's weight at which another record is meant as much."""
_MOST = 5

_LAST = re.compile(r"\b(last|latest|most recent|newest)\b(?! (week|month|year|night|\w+day))", re.I)
_FIRST = re.compile(r"\bmy (very )?(first|oldest|earliest)\b", re.I)
_OTHER = re.compile(r"\b(other|second|another)\b", re.I)
_PAST = re.compile(r"\bcancelled\b|\b(when|what day|who)\b.*\b(did|was|were)\b", re.I)
_PLURAL = re.compile(r"\b(they|them|those|both|all)\b", re.I)


@dataclass(frozen=True, slots=True)
class Meant:
    """One record that is meant, and which of its items."""

    record: Record
    items: tuple[OrderItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """The records a question is about, best first, and whether the first is clearly meant.

    ``beside`` is what was asked for, where these are something else (an order, for a warranty).
    ``not_in`` is the time that the question names, if nothing happened in it. ``naming`` are the
    events that say what an item is called, by item id.
    """

    hits: tuple[Meant, ...] = ()
    clear: bool = True
    as_list: bool = False
    beside: Wanted | None = None
    not_in: str = ""
    naming: Mapping[str, HistoryEvent] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """What the turns before left standing: the events last cited, and the customer's words."""

    events: frozenset[EventId] = frozenset()
    text: str = ""


NOTHING_SAID = SaidBefore()


def topic_of(text: str, intervals: Sequence[TimeInterval], records: Sequence[Record]) -> Topic:
    """Return what ``text`` names, to whoever has ``records``, beside the times it names."""
    return Topic.of(text, [interval.phrase for interval in intervals], heads_of(records))


def choose_records(
    ranking: HistoryRanking,
    asked: Understanding,
    text: str,
    before: SaidBefore,
    topic: Topic | None = None,
) -> Choice:
    """Return which records of ``ranking`` the question ``text`` is about.

    "It" means the record that was spoken of in ``before``, and "the other one" does not. A question
    that does not ask for the customer's own has to name something of theirs. ``topic`` is that of
    ``text``, where it is known already.
    """
    chosen = _Chooser(ranking, asked, text, before, topic).choose()
    return replace(chosen, naming=_naming(ranking)) if chosen.hits else chosen


@dataclass(frozen=True, slots=True)
class _Chooser:
    ranking: HistoryRanking
    asked: Understanding
    text: str
    before: SaidBefore
    topic: Topic | None

    def choose(self) -> Choice:
        """Try what a question can name in turn: numbers, times, things, what was said before."""
        if not (self.asked.own or self.asked.aspects or self.asked.follow_up):
            return Choice()
        numbered = [hit for hit in self.ranking.records if hit.numbered]
        if numbered or ORDER_NUMBER.search(self.text):
            return self._numbered(numbered)
        hits = list(self.ranking.records)
        if self._names_past():
            hits = [hit for hit in hits if in_time(hit, self.ranking, self.asked, self.text)]
        found = self._among_kinds(hits)
        if found.hits or len(hits) == len(self.ranking.records):
            return found
        phrase = self.ranking.intervals[0].phrase
        return replace(found, not_in=phrase) if self.asked.own else found

    def _among_kinds(self, hits: Sequence[RecordHit]) -> Choice:
        topic, spoken = self._asked_topic(), self._spoken_of()
        named = self._named(topic, hits) if topic.words else Choice()
        if self.asked.deeds and self.ranking.intervals:
            spoken = []  # "what did I order in May" asks anew
        if spoken and self.asked.refers and not (named.hits or _OTHER.search(self.text)):
            return self._continued(spoken)
        if topic.words:
            return named
        if spoken and self.asked.follow_up:
            return (
                self._other(hits, spoken) if _OTHER.search(self.text) else self._continued(spoken)
            )
        return self._at_large(hits) if self.asked.own else Choice()

    def _numbered(self, numbered: Sequence[RecordHit]) -> Choice:
        tiers = [_of(kind, numbered) for kind in kinds_for(self.asked.aspects).tiers]
        found = next(filter(None, tiers), list(numbered))
        topic = self._asked_topic()
        things = things_of([hit.record for hit in self.ranking.records])
        named = [(hit.record, topic.names(hit.record, things)) for hit in found[:_MOST]]
        return Choice(
            tuple(Meant(record, of.items if of else ()) for record, of in named),
            beside=None if tiers[0] else kinds_for(self.asked.aspects).wanted,
        )

    def _named(self, topic: Topic, hits: Sequence[RecordHit]) -> Choice:
        """Choose among what carries the named words, of the first kind that has any."""
        things = things_of([hit.record for hit in self.ranking.records])
        every = [(hit, named) for hit in hits if (named := topic.names(hit.record, things))]
        aspects = () if topic.by_kind else self.asked.aspects
        tiers = [
            [(hit, named) for hit, named in every if kind(hit.record)]
            for kind in kinds_for(aspects).tiers
        ]
        place = self._tier(tiers)
        if place is None:
            return Choice()
        fitting = self._in_state(_closest(tiers[place]))
        if "status" in self.asked.aspects and is_order(fitting[0][0].record):
            fitting += [pair for tier in tiers[1:] for pair in tier if is_open(pair[0].record)]
        wanted = kinds_for(self.asked.aspects).wanted
        return self._several(fitting, beside=wanted if place else None)

    def _tier(self, tiers: Sequence[Sequence[tuple[RecordHit, Named]]]) -> int | None:
        """Return the first tier with anything; for what is to come, the first with that open."""
        filled = [place for place, tier in enumerate(tiers) if tier]
        if "arrival" in self.asked.aspects and "delivered" not in self.asked.aspects:
            under_way = [p for p in filled if any(is_open(hit.record) for hit, _ in tiers[p])]
            filled = under_way or filled
        return filled[0] if filled else None

    def _in_state(self, pairs: Sequence[tuple[RecordHit, Named]]) -> list[tuple[RecordHit, Named]]:
        """Prefer the records in the state that is asked about, if there are any."""
        fitting = [pair for pair in pairs if self._fits_state(pair[0].record)]
        return fitting or list(pairs)

    def _fits_state(self, record: Record) -> bool:
        aspects = self.asked.aspects
        if isinstance(record, Order) and "cancelled" in self.text.lower():
            return record.status == "cancelled"
        if "delivered" in aspects or "returned" in aspects:
            return not isinstance(record, Order) or "delivered" in record.status
        return is_open(record) if {"arrival", "status"} & set(aspects) else True

    def _several(
        self, pairs: Sequence[tuple[RecordHit, Named]], *, beside: Wanted | None
    ) -> Choice:
        if _LAST.search(self.text):
            pairs = [max(pairs, key=lambda pair: _begun(pair[0]))]
        meant = tuple(Meant(hit.record, named.items) for hit, named in pairs[:_MOST])
        clear = len(pairs) <= _MOST or "list" in self.asked.aspects
        return Choice(meant, clear=clear, as_list=len(meant) > 1, beside=beside)

    def _at_large(self, hits: Sequence[RecordHit]) -> Choice:
        """Choose where nothing was named: the last, what is under way, or all of a list."""
        kinds = kinds_for(self.asked.aspects)
        tiers = [_of(kind, hits) for kind in kinds.tiers[: kinds.at_large]]
        found = next(filter(None, tiers), [])
        if not found:
            return Choice()
        beside = None if tiers[0] else kinds.wanted
        latest = sorted(found, key=_begun, reverse=True)
        if "cancelled" in self.text.lower():
            latest = [hit for hit in latest if self._fits_state(hit.record)]
        if "list" in self.asked.aspects or self._names_past():
            return _choice(latest[: 2 * _MOST], beside=beside)
        if _LAST.search(self.text):
            return _choice(latest[:1], beside=beside)
        if _FIRST.search(self.text):
            return _choice(latest[-1:], beside=beside)
        if "viewed" in self.asked.aspects:
            return _choice(latest[:_MOST])
        if _PAST.search(self.text):
            wanted = [hit for hit in latest if self._fits_state(hit.record)][:1]
        else:
            wanted = [hit for hit in latest if is_open(hit.record)]
        return _choice((wanted or latest[:1])[:_MOST], beside=beside)

    def _spoken_of(self) -> list[RecordHit]:
        said = self.before.events
        return [
            hit
            for hit in self.ranking.records
            if any(event.event_id in said for event in hit.record.events)
        ]

    def _continued(self, spoken: Sequence[RecordHit]) -> Choice:
        """Choose what was spoken of, or what belongs to it and is of the kind now asked for."""
        related = [hit for hit in self.ranking.records if _belongs(hit.record, spoken)]
        kinds = kinds_for(self.asked.aspects).tiers
        usual = kinds[0] is is_order
        tiers = (_of(kind, spoken if usual else related) for kind in kinds)
        fitting = next(filter(None, tiers), spoken if usual else [])
        most = _MOST if _PLURAL.search(self.text) else 1
        topic = self._topic(self.before.text)
        things = things_of([hit.record for hit in self.ranking.records])
        named = [(hit.record, topic.names(hit.record, things)) for hit in fitting[:most]]
        return Choice(tuple(Meant(record, of.items if of else ()) for record, of in named))

    def _other(self, hits: Sequence[RecordHit], spoken: Sequence[RecordHit]) -> Choice:
        """Choose the next record of the kind, and of the name, that was spoken of."""
        kind = type(spoken[0].record)
        rest = [hit for hit in hits if hit not in spoken and isinstance(hit.record, kind)]
        topic = self._topic(self.before.text)
        things = things_of([hit.record for hit in self.ranking.records])
        if topic.words:
            rest = [hit for hit in rest if topic.names(hit.record, things)]
        return _choice(sorted(rest, key=_begun, reverse=True)[:1])

    def _names_past(self) -> bool:
        return bool(self.ranking.intervals) and not is_to_come(self.ranking, self.asked)

    def _asked_topic(self) -> Topic:
        return self.topic or self._topic(self.text)

    def _topic(self, text: str) -> Topic:
        records = [hit.record for hit in self.ranking.records]
        return topic_of(text, self.ranking.intervals, records)


def _of(kind: Kind, hits: Sequence[RecordHit]) -> list[RecordHit]:
    return [hit for hit in hits if kind(hit.record)]


def _choice(hits: Sequence[RecordHit], *, beside: Wanted | None = None) -> Choice:
    return Choice(tuple(Meant(hit.record) for hit in hits), as_list=len(hits) > 1, beside=beside)


def _closest(pairs: Sequence[tuple[RecordHit, Named]]) -> list[tuple[RecordHit, Named]]:
    best = max(named.weight for _, named in pairs)
    return [(hit, named) for hit, named in pairs if named.weight >= _CLOSE * best]


def _begun(hit: RecordHit) -> datetime:
    """Return when the record began; a "last order" is the one placed last."""
    record = hit.record
    return record.placed or record.at if isinstance(record, Order) else record.at


def _belongs(record: Record, spoken: Sequence[RecordHit]) -> bool:
    """Whether ``record`` is one of ``spoken``, or shares its order or an item with one."""
    orders = {order_key(getattr(hit.record, "order_id", "")) for hit in spoken} - {""}
    items = {item.item_id for hit in spoken for item in items_of(hit.record)}
    return (
        any(hit.record is record for hit in spoken)
        or order_key(getattr(record, "order_id", "")) in orders
        or any(item.item_id in items for item in items_of(record))
    )


def _naming(ranking: HistoryRanking) -> dict[str, HistoryEvent]:
    """Return the latest event that says an item's name, by item id."""
    events = sorted(
        (event for hit in ranking.records for event in hit.record.events), key=lambda e: e.time
    )
    return {item.item_id: event for event in events for item in items_field(event) if item.name}
