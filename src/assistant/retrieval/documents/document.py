"""A document as every reader gives it: plain text under headings, whatever the format was."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Section:
    """The text between one heading and the next.

    ``headings`` is the path of headings below the document's title. In ``text`` a blank line ends a
    paragraph, a line that begins with ``- `` or ``1. `` is a list item, one with `` | `` in it a
    table row. Links, emphasis and images of the source are gone, their words are there.
    """

    headings: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """One piece of product knowledge; ``ref`` is its path in the knowledge folder."""

    document_id: str
    title: str
    sections: tuple[Section, ...]
    ref: str = ""
    topics: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    updated: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A file, or a part of one, that could not be indexed, and why."""

    ref: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, and what could not be."""

    documents: tuple[Document, ...] = ()
    findings: tuple[Finding, ...] = ()


Reader = Callable[[bytes, str], Reading]
"""Takes the content of a file and its path; raises ``Unreadable`` where nothing can be had."""


class Unreadable(Exception):
    """A reader's refusal; the message is the reason of a finding and follows the file's name."""


def decode_text(content: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with a byte order mark.

    Raises:
        Unreadable: it is neither; guessing would index broken words.
    """
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8 text: save it as UTF-8") from error
    if "\0" in text:
        raise Unreadable("is not text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def title_of_path(ref: str) -> str:
    """Return a readable title for a document that has none: its file name in words."""
    words = PurePosixPath(ref).stem.replace("_", " ").replace("-", " ").split()
    return " ".join(words).capitalize() or ref


def id_of_path(ref: str) -> str:
    """Return the id of a document that names none: its path without the ending."""
    return str(PurePosixPath(ref).with_suffix(""))
