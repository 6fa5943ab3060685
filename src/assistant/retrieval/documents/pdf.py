"""Reads a PDF: lines joined to paragraphs again, larger print taken for headings.

A PDF knows no paragraphs, only words at places. Lines are joined where a paragraph visibly goes on;
a line in larger print than most of the text is a heading.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from assistant.retrieval.documents.document import (
    Document,
    Reading,
    Unreadable,
    id_of_path,
    title_of_path,
)
from assistant.retrieval.documents.headings import SectionBuilder
from assistant.retrieval.documents.pdf_lines import Line, printed_lines

PAGES_LIMIT = 3_000
_HEADING_SIZE = 1.15
"""How much larger than the body a line must be printed to be a heading."""
_HEADING_LIMIT = 120
_PARAGRAPH_GAP = 1.7
"""Distance of two lines, in sizes of their print, from which they are two paragraphs."""
_FULL_LINE = 0.75
"""Part of the widest line that a line must fill to be one that was wrapped."""
_BULLET = re.compile(r"[-*•‣▪–●◦]\s+")  # noqa: RUF001  # the marks that are printed
_NUMBER = re.compile(r"\d{1,3}[.)]\s+")


def read_pdf(content: bytes, ref: str) -> Reading:
    """Read the text of one PDF; a scan has none."""
    # Imported here: few folders hold one.
    from pypdf import PdfReader  # noqa: PLC0415

    source = PdfReader(io.BytesIO(content))
    if source.is_encrypted and not source.decrypt(""):
        raise Unreadable("is protected by a password")
    if len(source.pages) > PAGES_LIMIT:
        raise Unreadable(f"has more than {PAGES_LIMIT} pages")
    lines = printed_lines(source.pages)
    if not lines:
        raise Unreadable("holds no text (a scan needs text recognition first)")
    builder = SectionBuilder()
    _add_lines(builder, lines)
    title, sections = builder.finish()
    named = (source.metadata.title if source.metadata else None) or title_of_path(ref)
    document = Document(
        document_id=id_of_path(ref), title=title or named, sections=sections, ref=ref
    )
    return Reading((document,))


def _add_lines(builder: SectionBuilder, lines: Sequence[Line]) -> None:
    levels = _heading_levels(lines)
    for paragraph in _paragraphs(lines):
        size, text = paragraph[0].size, _joined([line.text for line in paragraph])
        if size in levels and len(text) <= _HEADING_LIMIT:
            builder.add_heading(levels[size], text)
        elif bullet := _BULLET.match(text):
            builder.add_item("- " + text[bullet.end() :])
        else:
            builder.add_block(text)


def _heading_levels(lines: Sequence[Line]) -> dict[float, int]:
    """Return the level of each size of print that is a heading's: the largest is 1."""
    characters: Counter[float] = Counter()
    for line in lines:
        characters[line.size] += len(line.text)
    body = characters.most_common(1)[0][0]
    larger = sorted((size for size in characters if size >= body * _HEADING_SIZE), reverse=True)
    return {size: level for level, size in enumerate(larger, start=1)}


def _paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    widest = max(len(line.text) for line in lines)
    paragraph: list[Line] = []
    for line in lines:
        if paragraph and not _goes_on(paragraph[-1], line, widest):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    yield paragraph


def _goes_on(line: Line, following: Line, widest: int) -> bool:
    """Tell whether ``following`` belongs to the paragraph of ``line``."""
    if line.size != following.size or following.gap > _PARAGRAPH_GAP * line.size:
        # Across pages the distance says nothing; a small letter then still means that it goes on.
        return line.size == following.size and following.text[0].islower()
    if _BULLET.match(following.text) or _NUMBER.match(following.text):
        return False
    return following.text[0].islower() or len(line.text) >= _FULL_LINE * widest


def _joined(lines: Sequence[str]) -> str:
    """Join lines with spaces, and words that were divided at a line's end without."""
    text = lines[0]
    for line in lines[1:]:
        divided = text.endswith("-") and line[:1].islower() and text[-2:-1].isalpha()
        text = text[:-1] + line if divided else f"{text} {line}"
    return text
