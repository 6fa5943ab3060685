"""Every link between documents leads somewhere."""

from collections.abc import Iterator
from pathlib import Path

from tests.docs.documents import FENCE, LINK, ROOT, anchors, documents


def broken_links(path: Path) -> Iterator[str]:
    """Yield links of a document whose file or heading is missing."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            yield f"{path.relative_to(path.parents[0])}: {target}"


def test_every_link_of_the_documents_resolves() -> None:
    assert [link for path in documents() for link in broken_links(path)] == []


def test_every_document_is_reached_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in documents() if p.parent != ROOT and p.name not in readme] == []


def test_broken_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A b\n[x](#a-b) [y](#c) [z](missing.md) ![i](page.md)\n")
    assert len(list(broken_links(page))) == 2
