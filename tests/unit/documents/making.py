"""Makes PDF, DOCX and ZIP files for tests."""

import io
import zipfile

import docx
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

Line = tuple[str, int, int]
"""Text, size of print, height on the page."""


def make_pdf(*pages: list[Line], password: str | None = None, title: str | None = None) -> bytes:
    """Return a PDF with one printed line per entry, from the left margin."""
    writer = PdfWriter()
    for lines in pages:
        page = writer.add_blank_page(width=595, height=842)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
                NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = StreamObject()
        stream.set_data("\n".join(_operators(*line) for line in lines).encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    return _bytes_of(writer)


def make_docx(*parts: tuple[str, str | list[list[str]]]) -> bytes:
    """Return a DOCX of (style, text) paragraphs and ("Table", rows) tables."""
    document = docx.Document()
    for style, content in parts:
        if isinstance(content, str):
            document.add_paragraph(content, style=style)
            continue
        table = document.add_table(rows=0, cols=len(content[0]))
        for row in content:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def make_zip(members: dict[str, bytes]) -> bytes:
    """Return a zip of ``members`` by name, whatever the names are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _operators(text: str, size: int, height: int) -> str:
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /F1 {size} Tf 1 0 0 1 60 {height} Tm ({escaped}) Tj ET"


def _bytes_of(writer: PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
