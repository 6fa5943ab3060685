"""Time expressions in a question ("last month", "before Christmas") as intervals.

Questions about one's own history look back, so a day, month or feast without a year means the
latest one that has begun. Days are those of the zone of ``now``; intervals are returned in UTC,
half open. Written here because libraries for dates in text return moments, not intervals.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from assistant.retrieval.time_rules import RULES


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """From ``start`` (included) to ``end`` (excluded), UTC; None is open ("before Christmas").

    ``phrase`` is the part of the text that said it, ``at`` where it begins.
    """

    start: datetime | None
    end: datetime | None
    phrase: str
    at: int = 0

    def contains(self, moment: datetime) -> bool:
        """Return whether ``moment`` lies within."""
        return (self.start is None or self.start <= moment) and (
            self.end is None or moment < self.end
        )


def find_intervals(text: str, now: datetime) -> tuple[TimeInterval, ...]:
    """Return what ``text`` says about time, in order; parts of longer expressions are left out."""
    taken: list[TimeInterval] = []
    for found in _all_matches(text, now):
        end = found.at + len(found.phrase)
        if all(end <= other.at or other.at + len(other.phrase) <= found.at for other in taken):
            taken.append(found)
    taken.sort(key=lambda interval: interval.at)
    return tuple(_with_relation(text, interval) for interval in _join_ranges(text, taken))


def _join_ranges(text: str, intervals: list[TimeInterval]) -> Iterator[TimeInterval]:
    """Make one interval of "between X and Y" and "from X to Y"."""
    waiting: TimeInterval | None = None
    for interval in intervals:
        if waiting is not None:
            between = text[waiting.at + len(waiting.phrase) : interval.at].strip().lower()
            before = text[: waiting.at].rstrip().lower()
            if (before.endswith("between") and between == "and") or (
                before.endswith("from") and between in {"to", "until", "till", "-"}
            ):
                phrase = text[waiting.at : interval.at] + interval.phrase
                yield replace(waiting, end=interval.end, phrase=phrase)
                waiting = None
                continue
            yield waiting
        waiting = interval
    if waiting is not None:
        yield waiting


def _all_matches(text: str, now: datetime) -> Iterator[TimeInterval]:
    """Yield matches of every rule, more specific rules first."""
    today = now.date()
    for pattern, rule in RULES:
        for match in pattern.finditer(text):
            try:
                first, after = rule(match, today)
            except (ValueError, OverflowError):  # 31 February, a year beyond the calendar
                continue
            yield TimeInterval(
                _midnight(first, now), _midnight(after, now), match.group(0), match.start()
            )


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo or UTC).astimezone(UTC)


_RELATION = re.compile(r"\b(before|until|till|by|after|since|from)\s+(?:the\s+|last\s+)?$", re.I)


def _with_relation(text: str, interval: TimeInterval) -> TimeInterval:
    """Open the interval to one side when "before", "after", "since"… stands in front of it."""
    match = _RELATION.search(text[: interval.at])
    if match is None:
        return interval
    phrase, at = text[match.start() : interval.at] + interval.phrase, match.start()
    match match.group(1).lower():
        case "before" | "until" | "till":
            return replace(interval, start=None, end=interval.start, phrase=phrase, at=at)
        case "by":
            return replace(interval, start=None, phrase=phrase, at=at)
        case "after":
            return replace(interval, start=interval.end, end=None, phrase=phrase, at=at)
        case "since":
            return replace(interval, end=None, phrase=phrase, at=at)
    return interval
