"""Words are compared by their stems; the lexical arm ranks by them."""

import numpy as np
import pytest
from tests.passage_parts import make_passage

from assistant.retrieval.lexical import LexicalIndex
from assistant.retrieval.terms import question_terms, terms

PASSAGES = [
    make_passage("Descale the kettle every month with citric acid.", number=1),
    make_passage("Refunds for order W123 take five days.", number=2),
    make_passage("The jug is blue.", number=3, title="Pebble jug", heading="Warranty"),
    make_passage("Warranty is named here among a great many other words of no use.", number=4),
]


@pytest.fixture
def index() -> LexicalIndex:
    return LexicalIndex.build(PASSAGES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("returning", "returns"),
        ("Café", "cafe"),
        ("customer's", "customers"),
        ("AB-12", "ab 12"),
        ("kettle\u2019s", "kettle"),
        ("KETTLES!", "kettle"),
    ],
)
def test_spellings_of_one_word_have_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other) != []


def test_order_numbers_stay_whole_and_stop_words_go() -> None:
    assert terms("Where is my order #W123?") == ["order", "w123"]


def test_best_passage_comes_first_and_only_those_with_a_word_in_common(
    index: LexicalIndex,
) -> None:
    rows, scores = index.search("When are refunds for W123 paid?", k=10)

    assert rows.tolist() == [1]
    assert scores[0] > 0


def test_headings_count_more_than_text(index: LexicalIndex) -> None:
    rows, _ = index.search("warranty", k=2)

    assert rows.tolist() == [2, 3]


def test_k_cuts_the_ranking_of_all(index: LexicalIndex) -> None:
    scores = index.scores("kettle warranty jug")
    rows, found = index.search("kettle warranty jug", k=2)

    assert rows.tolist() == np.argsort(-scores)[:2].tolist()
    np.testing.assert_array_equal(found, scores[rows])


@pytest.mark.parametrize("text", ["", "the of and", "unheard-of zzz", "?!"])
def test_nothing_in_common_finds_nothing(index: LexicalIndex, text: str) -> None:
    rows, scores = index.search(text, k=5)

    assert rows.size == scores.size == 0
    assert index.scores(text).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("passages", [[], [make_passage("…", title="")]])
def test_index_without_words_finds_nothing(passages: list[object]) -> None:
    index = LexicalIndex.build(passages)  # type: ignore[arg-type]  # one of each case

    assert index.search("kettle", k=3)[0].size == 0
    assert index.scores("kettle").shape == (len(passages),)


def test_question_is_searched_by_what_it_is_about() -> None:
    assert question_terms("Can I still get some blue jugs, please?") == terms("blue jugs")


def test_question_of_nothing_but_asking_words_keeps_them() -> None:
    assert question_terms("anything else?") == ["els"]
    assert question_terms("still?") == ["still"]
