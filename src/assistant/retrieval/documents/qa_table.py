"""Reads a CSV of questions and answers: each row becomes a document of its own."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.retrieval.documents.document import (
    Document,
    Finding,
    Reading,
    Section,
    Unreadable,
    decode_text,
    id_of_path,
)

_QUESTION = ("question", "questions", "q", "title")
_ANSWER = ("answer", "answers", "a", "text", "body")
_TOPICS = ("topics", "topic", "category", "tags")
_PRODUCTS = ("products", "product")
_DELIMITERS = ",;\t|"
_FIELD_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class _Columns:
    """The names under which a table keeps what is needed."""

    question: str
    answer: str
    topics: str | None
    products: str | None


def read_qa_table(content: bytes, ref: str) -> Reading:
    """Read the rows of one table; its first line names the columns."""
    text = decode_text(content)
    csv.field_size_limit(_FIELD_BYTES)
    rows = csv.DictReader(io.StringIO(text), delimiter=_delimiter(text))
    columns = _columns(rows.fieldnames or ())
    documents, findings = [], []
    try:
        for row in rows:
            document = _document(row, columns, ref, rows.line_num)
            if document:
                documents.append(document)
            elif any((value or "").strip() for value in row.values() if isinstance(value, str)):
                findings.append(Finding(ref, f"line {rows.line_num} lacks a question or an answer"))
    except csv.Error as error:
        findings.append(Finding(ref, f"line {rows.line_num} is not CSV ({error})"))
    return Reading(tuple(documents), tuple(findings))


def _delimiter(text: str) -> str:
    """Return the delimiter that divides the first line into the most columns."""
    first = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=first.count)


def _columns(names: Sequence[str]) -> _Columns:
    by_name = {name.strip().lower(): name for name in names if name}
    question, answer = _first(by_name, _QUESTION), _first(by_name, _ANSWER)
    if question is None or answer is None:
        raise Unreadable("needs the columns `question` and `answer` in its first line")
    return _Columns(question, answer, _first(by_name, _TOPICS), _first(by_name, _PRODUCTS))


def _first(by_name: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((by_name[name] for name in names if name in by_name), None)


def _document(
    row: Mapping[str, str | None], columns: _Columns, ref: str, line: int
) -> Document | None:
    question = " ".join((row.get(columns.question) or "").split())
    answer = (row.get(columns.answer) or "").strip()
    if not (question and answer):
        return None
    return Document(
        document_id=f"{id_of_path(ref)}-{line}",
        title=question,
        sections=(Section((), answer),),
        ref=ref,
        topics=_split(row, columns.topics),
        products=_split(row, columns.products),
    )


def _split(row: Mapping[str, str | None], column: str | None) -> tuple[str, ...]:
    parts = ((row.get(column) or "") if column else "").replace(";", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())
