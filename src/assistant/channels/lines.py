"""Reads lines of a file that may be anything, in bounded memory.

Line numbers are those an editor shows. A line that is too long is passed over without being held,
and the lines after it are read as if nothing had happened.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_LINE_BYTES = 1_048_576
"""The longest line that is looked at; an event may have 256 KiB."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end; ``content`` is None where it was too long to be read."""

    number: int
    content: bytes | None


def read_lines(stream: BinaryIO, *, limit: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Yield every line of ``stream`` from 1; a byte order mark and CRLF are taken off."""
    number = 0
    while chunk := stream.readline(limit + 2):
        number += 1
        whole = chunk.endswith(b"\n")
        if number == 1:
            chunk = chunk.removeprefix(codecs.BOM_UTF8)
        content = chunk.rstrip(b"\r\n") if whole else chunk
        if not whole:
            _pass_over(stream)
        yield Line(number, content if len(content) <= limit else None)


def _pass_over(stream: BinaryIO) -> None:
    """Read to the end of the line and hold nothing of it."""
    while (rest := stream.readline(65_536)) and not rest.endswith(b"\n"):
        pass


def decoded_lines(stream: BinaryIO) -> Iterator[str]:
    """Yield lines as text for a CSV reader, one for one, so that its line numbers hold.

    Broken UTF-8 comes as lone surrogates, and so does a line that was too long: whoever takes a
    cell looks for them with ``is_broken``.
    """
    for line in read_lines(stream):
        content = b"\xff" if line.content is None else line.content
        yield content.decode("utf-8", "surrogateescape") + "\n"


def is_broken(text: str) -> bool:
    """Whether ``text`` holds what was not UTF-8."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)
