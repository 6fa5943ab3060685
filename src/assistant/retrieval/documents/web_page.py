"""Reads an HTML page: its main text, without menus, banners and footers."""

from typing import TYPE_CHECKING

from assistant.retrieval.documents.document import Reading, Unreadable
from assistant.retrieval.documents.markdown import markdown_document

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]  # lxml has no stubs here


def read_web_page(content: bytes, ref: str) -> Reading:
    """Read one page; its headings, lists and tables become those of a document."""
    # Imported here: it takes half a second, and few folders hold a page.
    import trafilatura  # noqa: PLC0415

    tree = trafilatura.load_html(content)
    if tree is None:
        raise Unreadable("is not an HTML page")
    title = _first_text(tree.xpath("//h1")) or _first_text(tree.xpath("//head/title"))
    text = trafilatura.extract(
        tree,
        output_format="markdown",
        include_comments=False,
        include_formatting=True,
        include_tables=True,
        favor_recall=True,
    )
    if not (text and text.strip()):
        raise Unreadable("holds no main text")
    return Reading((markdown_document(_with_heading(text, title), ref=ref),))


def _first_text(elements: "list[HtmlElement]") -> str:
    return " ".join(elements[0].text_content().split()) if elements else ""


def _with_heading(text: str, title: str) -> str:
    """Give the text the page's title; of very short pages only bare lines are extracted."""
    if text.startswith("# ") or not title:
        return text
    first, _, rest = text.partition("\n")
    body = rest.replace("\n", "\n\n") if first.strip() == title else text
    return f"# {title}\n\n{body}"
