"""Reads a folder of knowledge: each file by the reader of its format, problems as findings."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from itertools import chain, count
from pathlib import Path, PurePosixPath

from assistant.core.errors import ConfigurationError
from assistant.retrieval.documents.document import (
    Document,
    Finding,
    Reader,
    Reading,
    Unreadable,
    id_of_path,
)
from assistant.retrieval.documents.json_lines import read_json_lines
from assistant.retrieval.documents.markdown import read_markdown
from assistant.retrieval.documents.pdf import read_pdf
from assistant.retrieval.documents.qa_table import read_qa_table
from assistant.retrieval.documents.web_page import read_web_page
from assistant.retrieval.documents.word import read_word
from assistant.retrieval.documents.zipped import read_zip

_READERS: dict[str, Reader] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_web_page,
    ".htm": read_web_page,
    ".pdf": read_pdf,
    ".docx": read_word,
    ".csv": read_qa_table,
    ".jsonl": read_json_lines,
}
FILE_BYTES = 200_000_000
_PACK_FILE, _ARTICLES = "pack.yaml", "articles"


def read_folder(knowledge: Path) -> Reading:
    """Return the documents of a folder, or of one file, in the order of their paths.

    Of a knowledge pack only ``articles`` is read. Files of other formats and those whose name
    begins with a point are passed over in silence; a file that cannot be read gives a finding.

    Raises:
        ConfigurationError: ``knowledge`` does not exist.
    """
    if knowledge.is_file():
        return _with_own_ids([_read_file(knowledge, knowledge.name)])
    if not knowledge.is_dir():
        raise ConfigurationError(f"there is no knowledge folder {str(knowledge)!r}")
    is_pack = (knowledge / _PACK_FILE).is_file() and (knowledge / _ARTICLES).is_dir()
    root = knowledge / _ARTICLES if is_pack else knowledge
    readings = [
        _read_file(path, path.relative_to(knowledge).as_posix()) for path in _files_of(root)
    ]
    prefix = f"{_ARTICLES}/" if is_pack else ""
    return _with_own_ids(readings, prefix=prefix)


def _files_of(root: Path) -> Iterator[Path]:
    """Yield the readable files below ``root`` in order; links that lead out are not followed."""
    inside = root.resolve()
    for path in sorted(root.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if hidden or not path.is_file() or not path.resolve().is_relative_to(inside):
            continue
        if _suffix(path.name) in _READERS or _suffix(path.name) == ".zip":
            yield path


def _read_file(path: Path, ref: str) -> Reading:
    try:
        content = _content_of(path)
        if _suffix(ref) == ".zip":
            return read_zip(content, ref, read_member=_read)
        return _read(content, ref)
    except Unreadable as reason:
        return Reading(findings=(Finding(ref, str(reason)),))
    except OSError as error:
        return Reading(findings=(Finding(ref, f"cannot be opened ({error.strerror})"),))


def _content_of(path: Path) -> bytes:
    if path.stat().st_size > FILE_BYTES:
        raise Unreadable(f"is larger than {FILE_BYTES // 1_000_000} MB")
    return path.read_bytes()


def _read(content: bytes, ref: str) -> Reading:
    """Read one file; whatever a broken one makes a library do becomes a finding."""
    if _suffix(ref) == ".zip":
        raise Unreadable("is a zip within a zip, which is not opened")
    reader = _READERS.get(_suffix(ref))
    if reader is None:
        return Reading()
    try:
        return reader(content, ref)
    except Unreadable:
        raise
    except Exception as error:  # the libraries' own errors are many and undocumented
        raise Unreadable(f"cannot be read ({type(error).__name__})") from error


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _with_own_ids(readings: Iterable[Reading], *, prefix: str = "") -> Reading:
    """Join readings, giving each document an id of its own."""
    documents: dict[str, Document] = {}
    findings: list[Finding] = []
    for reading in readings:
        findings += reading.findings
        for document in reading.documents:
            own = document.document_id.removeprefix(prefix)
            if own in documents:
                findings += _same_id(document, documents[own])
                own = _free_id(document.ref.removeprefix(prefix), documents)
            documents[own] = replace(document, document_id=own)
    return Reading(tuple(documents.values()), tuple(findings))


def _same_id(document: Document, other: Document) -> list[Finding]:
    """Report an id that two front matters chose; two formats of one name are nobody's mistake."""
    if document.document_id == id_of_path(document.ref):
        return []
    return [Finding(document.ref, f"has the id {document.document_id!r} of {other.ref}")]


def _free_id(wanted: str, taken: Container[str]) -> str:
    return next(name for name in chain([wanted], _numbered(wanted)) if name not in taken)


def _numbered(name: str) -> Iterator[str]:
    return (f"{name}-{number}" for number in count(2))
