"""HTML, PDF, DOCX and CSV become the same documents as Markdown."""

import io

import pytest
from pypdf import PdfWriter
from tests.unit.documents.making import make_docx, make_pdf

from assistant.retrieval.documents.document import Document, Unreadable
from assistant.retrieval.documents.pdf import read_pdf
from assistant.retrieval.documents.qa_table import read_qa_table
from assistant.retrieval.documents.web_page import read_web_page
from assistant.retrieval.documents.word import read_word

WIDE = "Fill the kettle up to the mark and switch it on, which takes some three minutes and"


def outline(document: Document) -> list[tuple[tuple[str, ...], str]]:
    return [(section.headings, section.text) for section in document.sections]


def test_web_page_loses_menus_and_keeps_structure() -> None:
    page = b"""<!doctype html><html><head><title>Returns - Shop</title></head><body>
    <nav><a href="/">Home</a> <a href="/x">Offers</a></nav>
    <main><h1>Returns</h1><p>You may return most things within 30 days of delivery.</p>
    <h2>Opened food</h2><p>Opened food cannot be returned, unless it was <b>spoiled</b>.</p>
    <ul><li>Keep the receipt.</li><li>Bring a bag.</li></ul></main>
    <script>alert(1)</script><footer>Imprint of the shop</footer></body></html>"""

    document = read_web_page(page, "returns.html").documents[0]

    assert document.title == "Returns"
    assert outline(document) == [
        ((), "You may return most things within 30 days of delivery."),
        (
            ("Opened food",),
            "Opened food cannot be returned, unless it was spoiled.\n\n"
            "- Keep the receipt.\n- Bring a bag.",
        ),
    ]


def test_very_short_web_page_keeps_its_heading_as_title() -> None:
    page = b"<html><body><h1>Fees</h1><p>A late return costs 2 pounds.</p></body></html>"

    document = read_web_page(page, "fees.html").documents[0]

    assert document.title == "Fees"
    assert outline(document) == [((), "A late return costs 2 pounds.")]


@pytest.mark.parametrize("page", [b"", b"<html></html>", b"\x00\x01"])
def test_web_page_without_text_is_refused(page: bytes) -> None:
    with pytest.raises(Unreadable):
        read_web_page(page, "empty.html")


def test_pdf_lines_become_paragraphs_under_printed_headings() -> None:
    content = make_pdf(
        [
            ("Alder kettle", 24, 800),
            (WIDE, 11, 760),
            (
                "needs no watching. It holds 1.5 litres, e.g. six cups and a rest to rinse, deliv-",
                11,
                747,
            ),
            ("ered with it.", 11, 734),
            ("Descaling", 16, 700),
            ("Use citric acid.", 11, 680),
            ("\x95 Rinse it twice.", 11, 660),
            ("\x95 Dry it.", 11, 640),
        ]
    )

    document = read_pdf(content, "manuals/kettle.pdf").documents[0]

    assert document.title == "Alder kettle"
    assert outline(document) == [
        (
            (),
            f"{WIDE} needs no watching. It holds 1.5 litres, e.g. six cups and a rest to rinse, "
            "delivered with it.",
        ),
        (("Descaling",), "Use citric acid.\n\n- Rinse it twice.\n- Dry it."),
    ]


def test_pdf_headers_and_page_numbers_are_left_out() -> None:
    pages = [
        [
            ("Shop manual", 9, 820),
            (f"Step {word} is explained here.", 11, 700),
            (f"Page {n}", 9, 30),
        ]
        for n, word in enumerate(("one", "two", "three", "four"), start=1)
    ]

    document = read_pdf(make_pdf(*pages, title="Manual"), "m.pdf").documents[0]

    text = "\n".join(section.text for section in document.sections)
    assert "Step three is explained here." in text
    assert "Page" not in text
    assert "Shop manual" not in text
    assert document.title == "Manual"


def test_pdf_without_text_or_with_password_is_refused_with_the_reason() -> None:
    with pytest.raises(Unreadable, match="scan"):
        read_pdf(make_pdf([]), "scan.pdf")
    with pytest.raises(Unreadable, match="password"):
        read_pdf(make_pdf([("Secret", 11, 700)], password="word"), "locked.pdf")


def test_word_styles_become_headings_lists_and_rows() -> None:
    content = make_docx(
        ("Title", "Returns"),
        ("Normal", "Within 30 days."),
        ("Heading 2", "Fees"),
        ("List Bullet", "Late: 2 pounds."),
        ("List Bullet", "Lost: 9 pounds."),
        ("Table", [["Item", "Days"], ["Kettle", "30"]]),
        ("Heading 3", "Food"),
        ("Normal", "Never."),
    )

    document = read_word(content, "returns.docx").documents[0]

    assert document.title == "Returns"
    assert outline(document) == [
        ((), "Within 30 days."),
        (("Fees",), "- Late: 2 pounds.\n- Lost: 9 pounds.\n\nItem | Days\nKettle | 30"),
        (("Fees", "Food"), "Never."),
    ]


def test_word_file_that_is_none_is_refused() -> None:
    with pytest.raises(Unreadable, match="zip"):
        read_word(b"not a docx", "x.docx")
    with pytest.raises(Unreadable, match="no text"):
        read_word(make_docx(), "empty.docx")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_each_question_of_a_table_is_a_document(delimiter: str) -> None:
    rows = [
        ["Question", "Answer", "Topic"],
        ["How long?", '"Thirty days.\nNot more."', "returns"],
        ["Free?", "Yes.", ""],
    ]
    content = "\n".join(delimiter.join(row) for row in rows).encode("utf-8-sig")

    documents = read_qa_table(content, "faq/shop.csv").documents

    assert [(d.title, d.sections[0].text, d.topics) for d in documents] == [
        ("How long?", "Thirty days.\nNot more.", ("returns",)),
        ("Free?", "Yes.", ()),
    ]
    assert len({document.document_id for document in documents}) == 2


def test_table_rows_that_lack_something_are_findings_with_their_line() -> None:
    reading = read_qa_table(b"question,answer\nHow?,\n,\nWhen?,Now.\n", "faq.csv")

    assert [document.title for document in reading.documents] == ["When?"]
    assert [finding.reason for finding in reading.findings] == [
        "line 2 lacks a question or an answer"
    ]


def test_table_without_the_columns_is_refused() -> None:
    with pytest.raises(Unreadable, match="`question` and `answer`"):
        read_qa_table(b"name,price\nKettle,30\n", "prices.csv")


def test_broken_pdf_raises_rather_than_giving_nothing() -> None:
    buffer = io.BytesIO()
    PdfWriter().write(buffer)
    for content in (b"%PDF-1.4 nothing", b"", buffer.getvalue()):
        with pytest.raises(Exception):  # noqa: B017, PT011  # the folder reader takes any
            read_pdf(content, "broken.pdf")
