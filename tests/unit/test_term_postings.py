import numpy as np

from assistant.retrieval.term_postings import LexicalItems, TermPostings

ITEMS = [["kettle", "black"], ["jug", "black", "black"], ["toaster"]]


def _items(visible: list[bool]) -> LexicalItems:
    first, rest = TermPostings.of(ITEMS[:2]), TermPostings.of(ITEMS[2:])
    return LexicalItems((first, rest), np.array(visible))


def test_items_that_hold_the_word_score() -> None:
    scores = _items([True, True, True]).scores({"kettle": 1.0})

    assert scores[0] > 0
    assert scores[1:].tolist() == [0.0, 0.0]


def test_rare_words_count_more_than_common_ones() -> None:
    items = _items([True, True, True])

    assert items.scores({"kettle": 1.0})[0] > items.scores({"black": 1.0})[0]


def test_later_segments_are_reached_by_their_place() -> None:
    assert _items([True, True, True]).scores({"toaster": 1.0})[2] > 0


def test_invisible_items_neither_score_nor_count() -> None:
    hidden = _items([True, False, True])
    alone = LexicalItems((TermPostings.of([ITEMS[0], ITEMS[2]]),), np.ones(2, np.bool_))

    scores = hidden.scores({"black": 1.0})

    assert scores[1] == 0.0
    assert scores[0] == alone.scores({"black": 1.0})[0]


def test_nothing_visible_gives_zeros() -> None:
    assert not _items([False, False, False]).scores({"black": 1.0}).any()
