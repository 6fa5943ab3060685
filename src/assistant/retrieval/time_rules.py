"""The rules behind ``time_expressions``: a pattern each, and the days it means seen from today."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from assistant.retrieval.calendar_days import (
    FEASTS,
    MONTHS,
    NUMBERS,
    SEASONS,
    WEEKDAYS,
    add_months,
    month_of,
    number_of,
)

Days = tuple[date, date]
"""First day and the day after the last."""

_NUMBER = r"(?:\d{1,3}|" + "|".join(NUMBERS) + r")(?: of)?"
_MONTH = r"(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS) + r"|sept)\b\.?"
_WEEKDAY = "|".join(WEEKDAYS)
_YEAR = r"(?:19|20)\d\d"
_UNIT = r"day|week|fortnight|month|quarter|year"
_FEAST = "|".join(
    sorted((name.replace("'", "['\u2019]?") for name in FEASTS), key=len, reverse=True)
)


def _day(day: date, length: int = 1) -> Days:
    return day, day + timedelta(days=length)


def _period(unit: str, today: date, offset: int) -> Days:
    """Return the calendar week, month, quarter or year that lies ``offset`` from this one."""
    match unit.lower():
        case "day":
            return _day(today + timedelta(days=offset))
        case "week" | "fortnight":
            length = 7 if unit.lower() == "week" else 14
            return _day(
                today - timedelta(days=today.weekday()) + timedelta(days=length * offset), length
            )
        case "month":
            return add_months(today, offset), add_months(today, offset + 1)
        case "quarter":
            first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
            return add_months(first, 3 * offset), add_months(first, 3 * offset + 3)
    return date(today.year + offset, 1, 1), date(today.year + offset + 1, 1, 1)


_OFFSETS = {"this": 0, "current": 0, "last": -1, "previous": -1, "past": -1, "next": 1, "coming": 1}


def _named_period(match: re.Match[str], today: date) -> Days:
    unit, which = match["unit"].lower(), match["which"].lower()
    first, after = _period(unit, today, _OFFSETS[which])
    if unit == "week" and which in {"last", "past"}:
        # Towards the end of a week many mean the last seven days; both readings are covered.
        return first, today + timedelta(days=1)
    return first, after


def _relative_day(match: re.Match[str], today: date) -> Days:
    word = re.sub(r"\s+", " ", match.group(0).lower())
    offset = -1 if "yesterday" in word or word == "last night" else 1 if "tomorrow" in word else 0
    return _day(today + timedelta(days=2 * offset if "day" in word.split() else offset))


def _weekend(match: re.Match[str], today: date) -> Days:
    saturday = today - timedelta(days=today.weekday()) + timedelta(days=5)
    return _day(saturday + timedelta(days=7 * _OFFSETS[match["which"].lower()]), 2)


def _ago(match: re.Match[str], today: date) -> Days:
    count, unit = number_of(match["n"].split()[0]), match["unit"].lower()
    vague = match["n"].lower().split()[0] in {"few", "several", "couple"}
    slack = 1 if vague else 0
    if unit == "day":
        return _day(today - timedelta(days=count + slack), 1 + 2 * slack)
    if unit in {"week", "fortnight"}:
        days = count * (7 if unit == "week" else 14)
        return _day(today - timedelta(days=days + 3 + 4 * slack), 7 * (1 + slack))
    if unit == "year":
        return date(today.year - count - slack, 1, 1), date(today.year - count + 1 + slack, 1, 1)
    months = count * (3 if unit == "quarter" else 1)
    return add_months(today, -months - slack), add_months(today, -months + 1 + slack)


def _half_a_year_ago(match: re.Match[str], today: date) -> Days:
    del match
    return add_months(today, -7), add_months(today, -4)


def _last_n(match: re.Match[str], today: date) -> Days:
    count = number_of(match["n"].split()[0]) if match["n"] else 1
    days = {"day": 1, "week": 7, "fortnight": 14, "month": 31, "quarter": 92, "year": 366}
    return today - timedelta(days=count * days[match["unit"].lower()]), today + timedelta(days=1)


def _weekday(match: re.Match[str], today: date) -> Days:
    back = (today.weekday() - WEEKDAYS.index(match["day"].lower())) % 7
    which = (match["which"] or "").lower()
    if which in {"next", "coming"}:
        return _day(today + timedelta(days=7 - back))
    return _day(today - timedelta(days=back or (7 if which == "last" else 0)))


def _calendar_day(match: re.Match[str], today: date) -> Days:
    month, day = month_of(match["month"]), int(match["day"])
    if match["year"]:
        return _day(date(int(match["year"]), month, day))
    this_year = date(today.year, month, day)
    return _day(this_year if this_year <= today else date(today.year - 1, month, day))


def _numeric_day(match: re.Match[str], today: date) -> Days:
    del today
    return _day(date(int(match["year"]), int(match["month"]), int(match["day"])))


_MONTH_CUE = re.compile(
    r"(?:\b(?:in|of|since|before|after|until|till|during|by|from|last|this|next|coming|early|mid"
    r"|late|and|to)[ -]|\d{4})$",
    re.IGNORECASE,
)
"""What stands before "may" or "march" when a month is meant."""


def _month(match: re.Match[str], today: date) -> Days:
    month, which = month_of(match["month"]), (match["which"] or "").lower()
    if match["month"].lower() in {"may", "march", "mar"} and not _MONTH_CUE.search(
        match.string[: match.start("month")] + (match["year"] or "")
    ):
        raise ValueError("a verb, as far as can be told")
    year = int(match["year"]) if match["year"] else today.year
    if not match["year"] and which in {"next", "coming"}:
        year += month <= today.month
    elif not match["year"] and (month > today.month or (which == "last" and month == today.month)):
        year -= 1
    first = date(year, month, 1)
    after = add_months(first, 1)
    match (match["part"] or "").lower():
        case "early":
            return first, first + timedelta(days=10)
        case "mid":
            return first + timedelta(days=10), first + timedelta(days=20)
        case "late":
            return first + timedelta(days=20), after
    return first, after


def _season(match: re.Match[str], today: date) -> Days:
    first = SEASONS[match["season"].lower()]
    year = int(match["year"]) if match["year"] else today.year
    start = date(year, first, 1)
    if not match["year"] and start > today:
        start = date(year - 1, first, 1)
    return start, add_months(start, 3)


def _feast(match: re.Match[str], today: date) -> Days:
    name = match["feast"].lower().replace("\u2019", "'")
    key = next(key for key in FEASTS if key.replace("'", "") == name.replace("'", ""))
    year = int(match["year"]) if match["year"] else today.year
    first, last = FEASTS[key](year)
    if not match["year"] and first > today:
        first, last = FEASTS[key](year - 1)
    return first, last + timedelta(days=1)


def _year(match: re.Match[str], today: date) -> Days:
    del today
    return date(int(match["year"]), 1, 1), date(int(match["year"]) + 1, 1, 1)


def _recently(match: re.Match[str], today: date) -> Days:
    del match
    return today - timedelta(days=30), today + timedelta(days=1)


def _rule(
    pattern: str, rule: Callable[[re.Match[str], date], Days]
) -> tuple[re.Pattern[str], Callable[[re.Match[str], date], Days]]:
    return re.compile(pattern, re.IGNORECASE), rule


_ORDINAL = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_OF_YEAR = rf"(?:,?\s+(?:of\s+)?(?P<year>{_YEAR})\b)?"
_WHICH = r"(?:(?P<which>last|this|next|coming)\s+)?"

RULES = (  # more specific ones first
    _rule(rf"\b(?P<year>{_YEAR})-(?P<month>\d\d)-(?P<day>\d\d)\b", _numeric_day),
    _rule(rf"\b(?P<day>\d{{1,2}})[./](?P<month>\d{{1,2}})[./](?P<year>{_YEAR})\b", _numeric_day),
    _rule(rf"\b{_ORDINAL}\s+(?:of\s+)?(?P<month>{_MONTH}){_OF_YEAR}", _calendar_day),
    _rule(rf"\b(?P<month>{_MONTH})\s+(?:the\s+)?{_ORDINAL}\b(?!\d){_OF_YEAR}", _calendar_day),
    _rule(r"\bhalf\s+a\s+year\s+ago\b", _half_a_year_ago),
    _rule(rf"\b(?:a\s+)?(?P<n>{_NUMBER})\s+(?P<unit>{_UNIT})s?\s+(?:ago|back)\b", _ago),
    _rule(
        rf"\b(?:in|over|within|during)\s+the\s+(?:last|past)\s+(?P<n>{_NUMBER})?\s*"
        rf"(?P<unit>{_UNIT})s?\b",
        _last_n,
    ),
    _rule(rf"\b(?:last|past)\s+(?P<n>{_NUMBER})\s+(?P<unit>{_UNIT})s?\b", _last_n),
    _rule(r"\b(?:the\s+day\s+(?:before\s+yesterday|after\s+tomorrow))\b", _relative_day),
    _rule(
        r"\b(?:today|tonight|yesterday|tomorrow|last\s+night|this\s+(?:morning|afternoon|evening))\b",
        _relative_day,
    ),
    _rule(r"\b(?P<which>last|past|previous|this|next|coming)\s+weekend\b", _weekend),
    _rule(
        rf"\b(?P<which>last|past|previous|this|current|next|coming)\s+(?P<unit>{_UNIT})\b",
        _named_period,
    ),
    _rule(rf"\b(?P<feast>{_FEAST})(?:\s+(?:day|time))?{_OF_YEAR}", _feast),
    _rule(rf"\b{_WHICH}(?P<day>{_WEEKDAY})\b", _weekday),
    _rule(
        rf"\b(?:(?P<part>early|mid|late)[ -])?{_WHICH}(?P<month>{_MONTH}){_OF_YEAR}(?!\s+i\b)",
        _month,
    ),
    _rule(
        rf"\b(?:last|this|in|during|over)\s+(?:the\s+)?(?P<season>spring|summer|autumn|fall|winter){_OF_YEAR}",
        _season,
    ),
    _rule(rf"\b(?:in|during|of|since|before|after|from)\s+(?P<year>{_YEAR})\b", _year),
    _rule(r"\b(?:recently|lately)\b", _recently),
)
