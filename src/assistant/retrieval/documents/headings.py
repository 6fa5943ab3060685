"""Gathers blocks of text under the headings that they follow, in any format."""

from assistant.retrieval.documents.document import Section


class SectionBuilder:
    """Receives headings and blocks in their order, and gives sections.

    A heading of level one that opens the document is its title; later ones begin a path.
    """

    def __init__(self) -> None:
        """Begin before the first heading."""
        self._title: str | None = None
        self._path: list[tuple[int, str]] = []
        self._blocks: list[str] = []
        self._sections: list[Section] = []

    def add_heading(self, level: int, text: str) -> None:
        """Begin a section; ``level`` 1 is the highest."""
        self._close_section()
        words = " ".join(text.split())
        if not words:
            return
        if level == 1 and self._title is None and not self._path:
            self._title = words
        else:
            self._path = [*(entry for entry in self._path if entry[0] < level), (level, words)]

    def add_block(self, text: str) -> None:
        """Add a paragraph, a list or a table to the section."""
        if text.strip():
            self._blocks.append(text)

    def add_item(self, text: str) -> None:
        """Add a line to the list that ends the section, or begin one."""
        if self._blocks and self._blocks[-1].startswith("- "):
            self._blocks[-1] += "\n" + text
        else:
            self.add_block(text)

    def finish(self) -> tuple[str | None, tuple[Section, ...]]:
        """Return the title, if there was one, and every section that has text."""
        self._close_section()
        return self._title, tuple(self._sections)

    def _close_section(self) -> None:
        if self._blocks:
            headings = tuple(heading for _, heading in self._path)
            self._sections.append(Section(headings, "\n\n".join(self._blocks)))
        self._blocks = []
