"""Passages and small knowledge folders for tests of the index."""

from pathlib import Path

from assistant.core.ids import PassageId
from assistant.retrieval.passages import Passage
from assistant.retrieval.sentences import sentence_spans

ARTICLES = {
    "kettle.md": "# Kettle care\n\nDescale it monthly. Use acid.\n\n## Warranty\n\nTwo years.",
    "returns.md": "# Returns\n\nYou have thirty days. Keep the receipt.",
    "tea.md": "# Tea\n\nGreen tea steeps two minutes.",
}


def make_passage(text: str, *, number: int = 1, title: str = "Guide", heading: str = "") -> Passage:
    """Return a passage of ``text``."""
    return Passage(
        passage_id=PassageId(f"guide#{number}"),
        document_id="guide",
        title=title,
        heading=heading,
        text=text,
        sentences=sentence_spans(text),
    )


def write_articles(folder: Path, articles: dict[str, str] | None = None) -> Path:
    """Write ``articles`` (by default three) into ``folder`` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (ARTICLES if articles is None else articles).items():
        (folder / name).write_text(text, "utf-8")
    return folder
