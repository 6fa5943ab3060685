"""Pauses double up to a bound and begin anew after a success."""

from assistant.core.backoff import Backoff


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff()
    assert [backoff.next() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert backoff.failures == 9


def test_success_begins_anew() -> None:
    backoff = Backoff(first=0.5, longest=8)
    backoff.next()
    backoff.next()

    backoff.reset()

    assert backoff.failures == 0
    assert backoff.next() == 0.5


def test_failing_for_years_is_no_overflow() -> None:
    backoff = Backoff()
    assert {backoff.next() for _ in range(5_000)} == {1, 2, 4, 8, 16, 32, 60}
