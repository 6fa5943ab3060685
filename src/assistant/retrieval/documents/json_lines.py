"""Reads documents kept one a line, ``{"id", "title", "text"}``: the form exports come in.

A file whose first line is of another form holds something else (orders, tasks) and is passed over,
as files of other formats are.
"""

from collections.abc import Mapping

import orjson

from assistant.retrieval.documents.document import Document, Finding, Reading, id_of_path
from assistant.retrieval.documents.markdown import markdown_document

_TEXTS = ("text", "content", "body")


def read_json_lines(content: bytes, ref: str) -> Reading:
    """Read the documents of one file; the texts may be Markdown."""
    documents: list[Document] = []
    findings: list[Finding] = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if not line.strip():
            continue
        document = _document(line, ref, number)
        if document is not None:
            documents.append(document)
        elif documents:
            findings.append(Finding(ref, f"line {number} lacks a title or a text"))
        else:
            return Reading()
    return Reading(tuple(documents), tuple(findings))


def _document(line: bytes, ref: str, number: int) -> Document | None:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(row, Mapping):
        return None
    title, text = row.get("title"), next((row[name] for name in _TEXTS if name in row), None)
    if not (isinstance(title, str) and title.strip() and isinstance(text, str) and text.strip()):
        return None
    own = row.get("id")
    name = str(own) if isinstance(own, str | int) else f"{id_of_path(ref)}-{number}"
    return markdown_document(text, document_id=name, title=title.strip(), ref=ref)
