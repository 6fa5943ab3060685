"""Sentence spans: whole sentences, none cut in the middle of an abbreviation or a number."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.retrieval.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Fill it to 1.5 litres, e.g. for a large pot.",
        "Use a mild acid, i.e. citric acid, and rinse.",
        "Ask Dr. Marlow or Mrs. Finch at the desk.",
        "Part No. 5 is the lid.",
        "It costs approx. 12.50 in our shops.",
        "Visit market.example/returns for the form.",
        "The shop opens at 9 a.m. Monday to Friday.",
        "Written by J. Marlow for the manual.",
        "Wait… then pour.",
        "It says “Done.” and stops.",
        "Delivery takes 3 to 5 days (Mon. to Fri. only).",
        "Version 2.0.1 brings timers",
    ],
)
def test_one_sentence_stays_whole(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Boil it. Let it cool.", ["Boil it.", "Let it cool."]),
        ("Is it free? No. You pay 2.50.", ["Is it free?", "No.", "You pay 2.50."]),
        ("We close at 5 p.m. Orders wait.", ["We close at 5 p.m.", "Orders wait."]),
        ("Jams, oils, etc. Open jars stay.", ["Jams, oils, etc.", "Open jars stay."]),
        (
            '"Stop!" It rang. (Twice.) Then quiet.',
            ['"Stop!"', "It rang.", "(Twice.)", "Then quiet."],
        ),
        ("Not even I. Then who?", ["Not even I.", "Then who?"]),
        ("Order W123. 30 days remain.", ["Order W123.", "30 days remain."]),
        ("Line one\nLine two.", ["Line one", "Line two."]),
        ("お湯を注ぎます。待ちます。", ["お湯を注ぎます。", "待ちます。"]),
    ],
)
def test_sentences_are_told_apart(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_list_items_and_table_rows_are_units() -> None:
    text = "Do this:\n- Unplug it. Let it cool.\n2. Rinse it.\nItem | Days. Weeks\nKettle | 30"

    assert sentences(text) == [
        "Do this:",
        "- Unplug it. Let it cool.",
        "2. Rinse it.",
        "Item | Days. Weeks",
        "Kettle | 30",
    ]


def test_long_list_item_is_several_sentences() -> None:
    item = "- " + " ".join(f"Sentence number {number} says something long." for number in range(12))

    found = sentences(item)

    assert len(found) == 12
    assert found[0].startswith("- Sentence number 0")


@pytest.mark.parametrize("text", ["", " \n \n", "---\n***", "…"])
def test_text_without_words_has_no_sentence(text: str) -> None:
    assert sentences(text) == []


@given(st.text(alphabet="aB .!?\n-|1“”e.g", max_size=200) | st.text(max_size=200))
def test_spans_are_ordered_apart_and_lose_no_word(text: str) -> None:
    spans = sentence_spans(text)

    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    inside = "".join(text[start:end] for start, end in spans)
    assert [char for char in inside if char.isalnum()] == [char for char in text if char.isalnum()]
