"""The documents of the project, and what stands in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`([^`\n]+)`")


def documents() -> list[Path]:
    """Return every Markdown file that a reader of the project is sent to."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def read(name: str) -> str:
    """Return the text of a document by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def code_of(text: str) -> str:
    """Return only what a document shows as code: fenced blocks and spans."""
    fenced = FENCE.findall(text)
    return "\n".join([*fenced, *INLINE_CODE.findall(FENCE.sub("", text))])


def sections(text: str) -> dict[str, str]:
    """Return the text below each second-level heading."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def anchors(path: Path) -> set[str]:
    """Return the anchors that the headings of a document make."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
