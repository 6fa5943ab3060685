"""Reads a Word document (DOCX): headings by their styles, lists, tables."""

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.retrieval.documents.document import (
    Document,
    Reading,
    Unreadable,
    id_of_path,
    title_of_path,
)
from assistant.retrieval.documents.headings import SectionBuilder
from assistant.retrieval.documents.zipped import open_zip

if TYPE_CHECKING:
    from docx.table import Table
    from docx.text.paragraph import Paragraph

_HEADING = re.compile(r"Heading (\d)")


def read_word(content: bytes, ref: str) -> Reading:
    """Read one DOCX file; a DOCX is a zip, so it is distrusted like one."""
    open_zip(content).close()
    # Imported here: few folders hold one.
    import docx  # noqa: PLC0415
    from docx.table import Table  # noqa: PLC0415

    source = docx.Document(io.BytesIO(content))
    builder = SectionBuilder()
    for part in source.iter_inner_content():
        if isinstance(part, Table):
            builder.add_block("\n".join(_rows(part)))
        else:
            _add_paragraph(builder, part)
    title, sections = builder.finish()
    if not sections:
        raise Unreadable("holds no text")
    return Reading(
        (
            Document(
                document_id=id_of_path(ref),
                title=title or source.core_properties.title or title_of_path(ref),
                sections=sections,
                ref=ref,
            ),
        )
    )


def _add_paragraph(builder: SectionBuilder, paragraph: "Paragraph") -> None:
    style = (paragraph.style.name or "") if paragraph.style else ""
    text = paragraph.text.strip()
    if heading := _HEADING.fullmatch(style):
        builder.add_heading(int(heading.group(1)), text)
    elif style == "Title":
        builder.add_heading(1, text)
    elif style.startswith("List") and text:
        builder.add_item("- " + " ".join(text.split()))
    else:
        builder.add_block(text)


def _rows(table: "Table") -> Iterator[str]:
    for row in table.rows:
        cells = [" ".join(cell.text.split()) for cell in row.cells]
        if any(cells):
            yield " | ".join(cells)
