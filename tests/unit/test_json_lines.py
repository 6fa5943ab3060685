"""Documents kept one a line."""

from assistant.retrieval.documents.json_lines import read_json_lines


def test_each_line_becomes_a_document_with_its_own_id() -> None:
    first = b'{"id": "a", "title": "Cards", "content": "## Fees\\nNone."}'
    content = first + b'\n\n{"title": "T", "text": "x"}\n'

    reading = read_json_lines(content, "bank/documents.jsonl")

    assert [(d.document_id, d.title) for d in reading.documents] == [
        ("a", "Cards"),
        ("bank/documents-3", "T"),
    ]
    assert reading.documents[0].sections[0].headings == ("Fees",)
    assert reading.findings == ()


def test_a_file_of_something_else_is_passed_over() -> None:
    reading = read_json_lines(b'{"id": "task_1", "scenario": {}}\n{"title": "T", "text": "x"}', "t")

    assert reading.documents == ()
    assert reading.findings == ()


def test_a_broken_line_is_named_and_the_others_are_read() -> None:
    content = b'{"title": "A", "text": "x"}\n{"title": \n{"title": "B", "text": "y"}\n[1]\n'

    reading = read_json_lines(content, "d.jsonl")

    assert [d.title for d in reading.documents] == ["A", "B"]
    assert [f.reason for f in reading.findings] == [
        "line 2 lacks a title or a text",
        "line 4 lacks a title or a text",
    ]
