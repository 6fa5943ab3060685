"""A passage: the piece of a document that is found, cited, and cut into sentences."""

from dataclasses import dataclass
from datetime import date

from assistant.core.ids import PassageId

Span = tuple[int, int]
"""Start and end of a sentence in its passage's text, end exclusive."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A verbatim part of a document's text, under one heading.

    ``heading`` is the path of headings below the title (``Fees > Late returns``), empty before the
    first one. ``ref`` is the document's path in the knowledge folder.
    """

    passage_id: PassageId
    document_id: str
    title: str
    heading: str
    text: str
    sentences: tuple[Span, ...]
    topics: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    ref: str = ""
    updated: date | None = None

    @property
    def embedded_text(self) -> str:
        """What is embedded: title and headings first, for a passage alone rarely says its topic."""
        return "\n".join(part for part in (self.title, self.heading, self.text) if part)

    @property
    def sentence_texts(self) -> tuple[str, ...]:
        """The sentences as texts, in order."""
        return tuple(self.text[start:end] for start, end in self.sentences)
