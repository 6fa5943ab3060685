"""Passages: by heading, long ones cut where sentences end, nothing lost or rewritten."""

import pytest

from assistant.retrieval.chunking import PASSAGE_LIMIT, cut_document
from assistant.retrieval.documents.document import Document, Section
from assistant.retrieval.documents.markdown import markdown_document


def document(*sections: Section) -> Document:
    return Document("guide/tea", "Tea", sections, ref="guide/tea.md", topics=("tea",))


def test_each_section_is_a_passage_with_its_heading() -> None:
    passages = cut_document(
        document(Section((), "Intro."), Section(("Green", "Cold"), "Steep. Then pour."))
    )

    assert [passage.passage_id for passage in passages] == ["guide/tea#1", "guide/tea#2"]
    assert passages[1].heading == "Green > Cold"
    assert passages[1].sentence_texts == ("Steep.", "Then pour.")
    assert passages[1].embedded_text == "Tea\nGreen > Cold\nSteep. Then pour."
    assert passages[1].topics == ("tea",)
    assert passages[1].ref == "guide/tea.md"


def test_long_section_is_cut_between_sentences_into_like_parts() -> None:
    text = "\n\n".join(
        " ".join(f"Paragraph {p} has sentence {s} about the tea." for s in range(6))
        for p in range(9)
    )

    passages = cut_document(document(Section((), text)))

    sizes = [len(passage.text) for passage in passages]
    assert len(passages) > 1
    assert max(sizes) <= PASSAGE_LIMIT
    assert min(sizes) > PASSAGE_LIMIT / 3
    assert all(passage.text.endswith("tea.") for passage in passages)


@pytest.mark.parametrize("piece", ["word ", "unbroken", "- item of a list\n", "a | b\n", "x. "])
def test_passages_are_verbatim_parts_in_order_and_lose_nothing(piece: str) -> None:
    text = (piece * 2000).strip()

    passages = cut_document(document(Section((), text)))

    at = 0
    for passage in passages:
        at = text.index(passage.text, at) + len(passage.text)
    kept = "".join("".join(passage.text.split()) for passage in passages)
    assert kept == "".join(text.split())
    assert all(len(passage.text) <= PASSAGE_LIMIT for passage in passages)


def test_sections_without_words_give_no_passage() -> None:
    assert cut_document(document(Section(("Green",), "---"), Section((), " \n"))) == []


def test_list_and_table_rows_are_sentences_of_their_passage() -> None:
    text = "# Tea\n\n## Times\n\n| Tea | Minutes |\n|--|--|\n| Green | 2 |\n\n- Warm the pot.\n"

    (passage,) = cut_document(markdown_document(text, document_id="tea"))

    assert passage.sentence_texts == ("Tea | Minutes", "Green | 2", "- Warm the pot.")
