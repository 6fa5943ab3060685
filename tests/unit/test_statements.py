"""What is confirmed is what one sees: words are kept as they were sent, or not at all."""

import pytest

from assistant.core.errors import InvalidInput, TextTooLong
from assistant.profile.questions.statements import MAX_WORDS, checked_words


@pytest.mark.parametrize(
    "words",
    [
        "Quiet!",
        "zwei\nZeilen",
        "日本語",
        "שלום\u200f",
        "👩\u200d👩\u200d👧",
        "naïve café",
        "x" * MAX_WORDS,
    ],
)
def test_visible_words_are_kept_exactly(words: str) -> None:
    assert checked_words(words) == words


def test_space_around_words_is_not_kept() -> None:
    assert checked_words("  quiet \n") == "quiet"


@pytest.mark.parametrize(
    "words",
    ["", " \n ", "a\x00b", "a\x1bb", "a\u202eb", "a\u2066b", "a\ue000b", "a\ud800b", "\ufeffa"],
)
def test_words_that_show_nothing_or_something_else_are_refused(words: str) -> None:
    with pytest.raises(InvalidInput):
        checked_words(words)


def test_more_than_is_kept_is_refused() -> None:
    with pytest.raises(TextTooLong):
        checked_words("x" * (MAX_WORDS + 1))
