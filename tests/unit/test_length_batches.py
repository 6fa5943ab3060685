"""Batches of like length: every text once, little padding, bounded size."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.retrieval.length_batches import batches_by_length


@given(st.lists(st.text(max_size=120), max_size=60))
def test_every_text_is_in_one_batch_and_batches_are_bounded(texts: list[str]) -> None:
    batches = list(batches_by_length(texts, texts_limit=8, characters_limit=300))

    assert sorted(position for batch in batches for position in batch) == list(range(len(texts)))
    for batch in batches:
        assert 1 <= len(batch) <= 8
        padded = len(batch) * max(len(texts[position]) for position in batch)
        assert padded <= 300 or len(batch) == 1


def test_long_text_does_not_pad_short_ones() -> None:
    texts = ["long " * 400, *("short" for _ in range(6)), "long " * 400]

    batches = list(batches_by_length(texts, characters_limit=4_000))

    assert batches == [[1, 2, 3, 4, 5, 6], [0, 7]]
