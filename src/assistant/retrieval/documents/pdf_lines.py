"""The printed lines of a PDF: their words, how large and how far below the line before."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdf import PageObject

_DIGITS = re.compile(r"\d+")
_REPEATED_FROM = 3
"""Pages a PDF must have before lines on most of them are taken for headers and footers."""


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line; ``size`` and ``gap`` (to the line above) in the page's own units."""

    text: str
    size: float
    gap: float


@dataclass(slots=True)
class _LineReader:
    """Receives pieces of text as pypdf finds them, and gives whole lines."""

    lines: list[Line] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _size: float = 0.0
    _at: float | None = None
    _above: float | None = None

    def visit(
        self, text: str, user: list[float], matrix: list[float], font: object, size: float
    ) -> None:
        """Take one piece; the signature is pypdf's. A piece with a line break ends the line."""
        del font
        first, *others = text.split("\n")
        self._add(first, user, matrix, size)
        for piece in others:
            self.end_line()
            self._add(piece, user, matrix, size)

    def end_line(self) -> None:
        """Finish the line at hand."""
        text = " ".join("".join(self._pieces).split())
        if text and self._at is not None:
            gap = abs(self._above - self._at) if self._above is not None else 0.0
            self.lines.append(Line(text, self._size, gap))
            self._above = self._at
        self._pieces, self._size, self._at = [], 0.0, None

    def _add(self, text: str, user: list[float], matrix: list[float], size: float) -> None:
        self._pieces.append(text)
        if text.strip():
            self._size = max(self._size, round(size * abs(matrix[3]) * abs(user[3]), 1))
            self._at = user[3] * matrix[5] + user[5] if self._at is None else self._at


def printed_lines(pages: "Sequence[PageObject]") -> list[Line]:
    """Return the lines of all pages in order, without the headers and footers they repeat."""
    of_pages: list[list[Line]] = []
    for page in pages:
        reader = _LineReader()
        page.extract_text(visitor_text=reader.visit)
        reader.end_line()
        of_pages.append(reader.lines)
    repeated = _repeated(of_pages)
    return [line for lines in of_pages for line in lines if _shape(line) not in repeated]


def _repeated(of_pages: Sequence[Sequence[Line]]) -> set[str]:
    """Return the shapes of lines that stand on more than half of the pages."""
    counts = Counter(shape for lines in of_pages for shape in {_shape(line) for line in lines})
    if len(of_pages) < _REPEATED_FROM:
        return set()
    return {shape for shape, count in counts.items() if count > len(of_pages) / 2}


def _shape(line: Line) -> str:
    """Return the line with its numbers made alike, as page numbers differ."""
    return _DIGITS.sub("0", line.text)
