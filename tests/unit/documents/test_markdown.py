"""Markdown becomes plain text under headings; what documentation sites add survives sensibly."""

from datetime import date

import pytest

from assistant.retrieval.documents.document import Document, Unreadable
from assistant.retrieval.documents.markdown import markdown_document, read_markdown


def read(text: str, ref: str = "guide/late-returns.md") -> Document:
    return read_markdown(text.encode(), ref).documents[0]


def texts(text: str) -> list[str]:
    return [section.text for section in read(text).sections]


def test_front_matter_describes_the_document() -> None:
    document = read(
        "---\nid: returns\ntitle: Returning things\ntopics: [returns, refunds]\n"
        "products: Alder kettle, Pebble jug\nupdated: 2026-02-03\n---\nKeep the receipt.\n"
    )

    assert document.document_id == "returns"
    assert document.title == "Returning things"
    assert document.topics == ("returns", "refunds")
    assert document.products == ("Alder kettle", "Pebble jug")
    assert document.updated == date(2026, 2, 3)
    assert document.ref == "guide/late-returns.md"


def test_document_without_front_matter_is_named_by_heading_then_file() -> None:
    assert read("# Late returns\n\nText.").title == "Late returns"
    assert read("Text.").title == "Late returns"
    assert read("Text.").document_id == "guide/late-returns"


@pytest.mark.parametrize("broken", ["title: [unclosed", "- a list", "a: b: c"])
def test_broken_front_matter_is_refused_with_a_reason(broken: str) -> None:
    with pytest.raises(Unreadable, match="front matter"):
        read(f"---\n{broken}\n---\nText.")


def test_rule_at_the_top_is_no_front_matter() -> None:
    assert texts("---\n\nText under a rule.") == ["Text under a rule."]


def test_sections_carry_the_path_of_their_headings() -> None:
    document = read(
        "# Returns\n\nIntro.\n\n## Fees\n\n### Late\n\nTwo pounds.\n\n## Food\n\nNever."
    )

    assert [(section.headings, section.text) for section in document.sections] == [
        ((), "Intro."),
        (("Fees", "Late"), "Two pounds."),
        (("Food",), "Never."),
    ]


def test_other_title_keeps_the_first_heading_in_the_path() -> None:
    document = markdown_document("# How to return\n\nText.", document_id="d1", title="Shop help")

    assert document.title == "Shop help"
    assert document.sections[0].headings == ("How to return",)


def test_inline_marks_go_and_their_words_stay() -> None:
    text = (
        "Open **Your orders**, choose [the order](https://shop.example/o) and *tap* `Return`.\n"
        "![a picture](x.png) Done &amp; dusted.<br>Next ~~old~~ line."
    )

    assert texts(text) == [
        "Open Your orders, choose the order and tap Return. Done & dusted.\nNext old line."
    ]


def test_wrapped_lines_are_one_paragraph() -> None:
    assert texts("One sentence that\nis wrapped.\n\nAnother.") == [
        "One sentence that is wrapped.\n\nAnother."
    ]


def test_lists_keep_marks_numbers_and_levels() -> None:
    text = "3. Pack it.\n4. Post it:\n   - by van\n   - by bike\n\n* Keep the slip."

    assert texts(text) == ["3. Pack it.\n4. Post it:\n  - by van\n  - by bike\n\n- Keep the slip."]


def test_tables_become_rows() -> None:
    assert texts("| Item | Days |\n|---|---|\n| **Kettle** | 30 |\n| Jug | |") == [
        "Item | Days\nKettle | 30\nJug | "
    ]


def test_code_is_kept_as_it_stands() -> None:
    text = "Run:\n\n```bash\n# not a heading\n::: not a container\nmake   install\n```\n"

    assert texts(text) == ["Run:\n\n# not a heading\n::: not a container\nmake   install"]


def test_containers_lose_their_marks_and_keep_title_and_content() -> None:
    text = "Before.\n::: warning Mind the steam\nIt is hot.\n:::\n:::: tip\nInner.\n::::\nAfter."

    assert texts(text) == ["Before.\n\nMind the steam\n\nIt is hot.\n\nInner.\n\nAfter."]


def test_site_components_leave_only_their_words() -> None:
    text = (
        "[[toc]]\n\n## Video {#anchor}\n\n<Video id='1' />\n\n<!-- hidden -->\n\n"
        "<details><summary>More</summary>\n\nInside.\n\n</details>\n\n<script>let x</script>\n"
    )
    document = read(text)

    assert [(section.headings, section.text) for section in document.sections] == [
        (("Video",), "More\n\nInside.")
    ]


def test_windows_lines_and_byte_order_marks_are_understood() -> None:
    content = "\ufeff---\r\ntitle: Fees\r\n---\r\nTwo pounds.\r\n"

    for encoded in (content.encode("utf-8"), content.encode("utf-16-le")):
        document = read_markdown(encoded, "fees.md").documents[0]
        assert (document.title, document.sections[0].text) == ("Fees", "Two pounds.")


@pytest.mark.parametrize("content", [b"caf\xe9", b"\xff\xfe\x00", b"a\0b"])
def test_what_is_not_text_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable, match="text"):
        read_markdown(content, "x.md")


def test_empty_file_is_a_document_without_sections() -> None:
    assert read("").sections == ()
