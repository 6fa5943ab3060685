from datetime import UTC, datetime, timedelta, timezone

import pytest

from assistant.retrieval.calendar_days import black_friday, easter
from assistant.retrieval.time_expressions import TimeInterval, find_intervals

WEDNESDAY = datetime(2024, 3, 13, 15, tzinfo=UTC)

TABLE = [
    ("what did I order yesterday", "2024-03-12", "2024-03-13"),
    ("the day before yesterday", "2024-03-11", "2024-03-12"),
    ("did it come today?", "2024-03-13", "2024-03-14"),
    ("last night", "2024-03-12", "2024-03-13"),
    ("last week", "2024-03-04", "2024-03-14"),
    ("the previous week", "2024-03-04", "2024-03-11"),
    ("this week", "2024-03-11", "2024-03-18"),
    ("last weekend", "2024-03-09", "2024-03-11"),
    ("last month", "2024-02-01", "2024-03-01"),
    ("last year's coat", "2023-01-01", "2024-01-01"),
    ("last quarter", "2023-10-01", "2024-01-01"),
    ("in March", "2024-03-01", "2024-04-01"),
    ("in December", "2023-12-01", "2024-01-01"),
    ("it may be in May", "2023-05-01", "2023-06-01"),
    ("March 2022", "2022-03-01", "2022-04-01"),
    ("mid-February", "2024-02-11", "2024-02-21"),
    ("in sep", "2023-09-01", "2023-10-01"),
    ("on 3 November", "2023-11-03", "2023-11-04"),
    ("Nov 3rd, 2022", "2022-11-03", "2022-11-04"),
    ("the 2nd of March", "2024-03-02", "2024-03-03"),
    ("2024-01-31", "2024-01-31", "2024-02-01"),
    ("03/11/2023", "2023-11-03", "2023-11-04"),
    ("3 days ago", "2024-03-10", "2024-03-11"),
    ("a few days ago", "2024-03-09", "2024-03-12"),
    ("two weeks ago", "2024-02-25", "2024-03-03"),
    ("a couple of weeks ago", "2024-02-21", "2024-03-06"),
    ("a month ago", "2024-02-01", "2024-03-01"),
    ("half a year ago", "2023-08-01", "2023-11-01"),
    ("two years ago", "2022-01-01", "2023-01-01"),
    ("in the last 2 weeks", "2024-02-28", "2024-03-14"),
    ("last Monday", "2024-03-11", "2024-03-12"),
    ("on Friday", "2024-03-08", "2024-03-09"),
    ("on Wednesday", "2024-03-13", "2024-03-14"),
    ("last Wednesday", "2024-03-06", "2024-03-07"),
    ("next Friday", "2024-03-15", "2024-03-16"),
    ("before Christmas", None, "2023-12-24"),
    ("after Easter 2023", "2023-04-11", None),
    ("since January", "2024-01-01", None),
    ("by 3 March", None, "2024-03-04"),
    ("on Black Friday", "2023-11-24", "2023-11-25"),
    ("Valentine's Day", "2024-02-14", "2024-02-15"),
    ("last summer", "2023-06-01", "2023-09-01"),
    ("in 2022", "2022-01-01", "2023-01-01"),
    ("between 3 March and 5 March", "2024-03-03", "2024-03-06"),
    ("from January to February", "2024-01-01", "2024-03-01"),
]


@pytest.mark.parametrize(("text", "start", "end"), TABLE)
def test_expression_means_these_days(text: str, start: str | None, end: str | None) -> None:
    (interval,) = find_intervals(text, WEDNESDAY)

    assert interval.start == (start and datetime.fromisoformat(start).replace(tzinfo=UTC))
    assert interval.end == (end and datetime.fromisoformat(end).replace(tzinfo=UTC))
    assert interval.phrase in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "may I return it?",
        "I marched on",
        "order W2024",
        "2023 pieces in stock",
        "the second one",
    ],
)
def test_words_that_name_no_time_give_nothing(text: str) -> None:
    assert find_intervals(text, WEDNESDAY) == ()


def test_impossible_day_is_not_an_error() -> None:
    (interval,) = find_intervals("on 31 February", WEDNESDAY)

    assert interval.phrase == "February"


def test_several_expressions_come_in_their_order() -> None:
    found = find_intervals("I ordered it last month and it came yesterday", WEDNESDAY)

    assert [interval.phrase for interval in found] == ["last month", "yesterday"]


def test_days_are_those_of_the_customers_zone() -> None:
    tokyo = timezone(timedelta(hours=9))
    just_after_midnight = datetime(2024, 3, 13, 0, 30, tzinfo=tokyo)

    (interval,) = find_intervals("today", just_after_midnight)

    assert interval.start == datetime(2024, 3, 12, 15, tzinfo=UTC)
    assert interval.contains(just_after_midnight)


def test_last_week_said_on_a_sunday_reaches_into_the_week_that_ends() -> None:
    sunday = datetime(2024, 3, 17, 20, tzinfo=UTC)

    (interval,) = find_intervals("what did I look at last week?", sunday)

    assert interval.contains(sunday - timedelta(days=2))
    assert interval.contains(sunday - timedelta(days=12))
    assert not interval.contains(sunday - timedelta(days=14))


def test_interval_holds_its_start_and_not_its_end() -> None:
    start, end = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC)
    interval = TimeInterval(start, end, "")

    assert interval.contains(start)
    assert not interval.contains(end)


def test_moving_feasts_fall_on_their_days() -> None:
    assert [easter(year).isoformat()[5:] for year in (2023, 2024, 2025, 2038)] == [
        "04-09", "03-31", "04-20", "04-25",
    ]  # fmt: skip
    assert [black_friday(year).day for year in (2023, 2024, 2025)] == [24, 29, 28]
