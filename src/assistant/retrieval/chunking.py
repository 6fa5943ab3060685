"""Cuts documents into passages: by heading, and long sections again where sentences end."""

from collections.abc import Sequence

from semantic_text_splitter import TextSplitter

from assistant.core.ids import PassageId
from assistant.retrieval.documents.document import Document, Section
from assistant.retrieval.passages import Passage
from assistant.retrieval.sentences import sentence_spans

PASSAGE_LIMIT = 1_200
"""Characters of a passage; with title and headings about what the default embedder reads."""

_HEADING_SEPARATOR = " > "


def cut_documents(documents: Sequence[Document], *, limit: int = PASSAGE_LIMIT) -> list[Passage]:
    """Return the passages of all ``documents``, in their order."""
    return [passage for document in documents for passage in cut_document(document, limit=limit)]


def cut_document(document: Document, *, limit: int = PASSAGE_LIMIT) -> list[Passage]:
    """Return the passages of ``document``, numbered from 1.

    The text of each is a verbatim part of one section. A section whose text is empty gives none:
    its heading stands in the path of the sections below it.
    """
    pieces = [(section, text) for section in document.sections for text in _pieces(section, limit)]
    return [
        _passage(document, section, text, number)
        for number, (section, text) in enumerate(pieces, start=1)
    ]


def _pieces(section: Section, limit: int) -> list[str]:
    text = section.text.strip()
    pieces = TextSplitter(limit).chunks(text) if len(text) > limit else [text]
    if len(pieces) > 1:
        # The same number of like pieces, rather than full ones and a rest of a few words.
        alike = TextSplitter(min(limit, round(len(text) / len(pieces) * 1.15))).chunks(text)
        pieces = alike if len(alike) == len(pieces) else pieces
    return [piece for piece in pieces if any(char.isalnum() for char in piece)]


def _passage(document: Document, section: Section, text: str, number: int) -> Passage:
    return Passage(
        passage_id=PassageId(f"{document.document_id}#{number}"),
        document_id=document.document_id,
        title=document.title,
        heading=_HEADING_SEPARATOR.join(section.headings),
        text=text,
        sentences=sentence_spans(text),
        topics=document.topics,
        products=document.products,
        ref=document.ref,
        updated=document.updated,
    )
