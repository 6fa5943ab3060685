"""Months, weekdays, numbers in words and feast days, as ``time_expressions`` reads them."""

from collections.abc import Callable
from datetime import date, timedelta

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""First month of each season, northern half of the earth."""

NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "couple": 2, "few": 3,
    "several": 4,
}  # fmt: skip


def easter(year: int) -> date:
    """Return Easter Sunday of ``year`` (the anonymous Gregorian computus)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    shift = (8 * century + 13) // 25
    epact = (19 * golden + century - century // 4 - shift + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def black_friday(year: int) -> date:
    """Return the day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


FEASTS: dict[str, Callable[[int], tuple[date, date]]] = {
    "christmas eve": lambda year: (date(year, 12, 24), date(year, 12, 24)),
    "christmas": lambda year: (date(year, 12, 24), date(year, 12, 26)),
    "boxing day": lambda year: (date(year, 12, 26), date(year, 12, 26)),
    "new year's eve": lambda year: (date(year, 12, 31), date(year, 12, 31)),
    "new year": lambda year: (date(year, 1, 1), date(year, 1, 1)),
    "valentine's day": lambda year: (date(year, 2, 14), date(year, 2, 14)),
    "halloween": lambda year: (date(year, 10, 31), date(year, 10, 31)),
    "black friday": lambda year: (black_friday(year), black_friday(year)),
    "cyber monday": lambda year: (black_friday(year) + timedelta(3),) * 2,
    "easter": lambda year: (easter(year) - timedelta(2), easter(year) + timedelta(1)),
}
"""First and last day of each feast in a year."""


def month_of(word: str) -> int:
    """Return 1 to 12 for a month's name or its abbreviation of three or more letters."""
    start = word.lower().rstrip(".")[:3]
    return next(i for i, name in enumerate(MONTHS, start=1) if name.startswith(start))


def number_of(word: str) -> int:
    """Return the number that digits or a small number word say."""
    return int(word) if word.isdigit() else NUMBERS[word.lower()]


def add_months(day: date, months: int) -> date:
    """Return the first day of the month that lies ``months`` after the month of ``day``."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
