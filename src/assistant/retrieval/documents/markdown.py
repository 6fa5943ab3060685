"""Reads Markdown with front matter, and what documentation sites add to it.

Of containers (``::: tip``) the content and a title of their own are kept, of components in angle
brackets the text within, of code its lines, of tables their rows.
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from assistant.retrieval.documents.document import (
    Document,
    Reading,
    Section,
    decode_text,
    id_of_path,
    title_of_path,
)
from assistant.retrieval.documents.front_matter import split_front_matter
from assistant.retrieval.documents.headings import SectionBuilder
from assistant.retrieval.documents.markdown_text import block_text, inline_text

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CONTAINER = re.compile(r"\s*:{3,}\s*(?P<kind>[\w-]*)\s*(?:\{[^}]*\})?\s*(?P<title>.*)")
_CONTENTS = re.compile(r"\s*\[\[?\s*toc\s*\]?\]\s*", re.IGNORECASE)
_ANCHOR = re.compile(r"\s*\{#[^}]*\}\s*$")


def read_markdown(content: bytes, ref: str) -> Reading:
    """Read one Markdown file."""
    return Reading((markdown_document(decode_text(content), ref=ref),))


def markdown_document(
    text: str, *, document_id: str | None = None, title: str | None = None, ref: str = ""
) -> Document:
    """Return the document that ``text`` describes.

    ``document_id`` and ``title`` win over the front matter, and that over the first heading and the
    file's name.
    """
    front_matter, body = split_front_matter(text)
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tree = SyntaxTreeNode(parser.parse("\n".join(_plain_lines(body))))
    heading, sections = _sections(tree)
    named = title or front_matter.title
    if named and heading and heading != named:
        # A first heading that is not the title tops the path of every section.
        sections = tuple(Section((heading, *s.headings), s.text) for s in sections)
    return Document(
        document_id=document_id or front_matter.document_id or id_of_path(ref),
        title=named or heading or title_of_path(ref),
        sections=sections,
        ref=ref,
        topics=front_matter.topics,
        products=front_matter.products,
        updated=front_matter.updated,
    )


def _plain_lines(body: str) -> Iterator[str]:
    """Yield the lines of ``body`` with the marks of containers and tables of contents taken out."""
    fence = ""
    for line in body.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark.group(1).startswith(fence) else fence
        elif mark:
            fence = mark.group(1)
        elif _CONTENTS.fullmatch(line):
            continue
        elif container := _CONTAINER.fullmatch(line):
            title = container.group("title").strip()
            # Blank lines, so that what was inside stays apart from what is around it.
            yield from ("", title, "") if title else ("",)
            continue
        yield line


def _sections(tree: SyntaxTreeNode) -> tuple[str | None, tuple[Section, ...]]:
    """Return the opening heading of level one, if there is one, and the sections."""
    builder = SectionBuilder()
    for node in tree.children:
        if node.type == "heading":
            builder.add_heading(int(node.tag[1]), _heading_text(node))
        else:
            builder.add_block(block_text(node))
    return builder.finish()


def _heading_text(node: SyntaxTreeNode) -> str:
    text = " ".join(inline_text(child) for child in node.children)
    return _ANCHOR.sub("", " ".join(text.split()))
