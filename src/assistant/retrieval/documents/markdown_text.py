"""Turns a tree of parsed Markdown into plain text: the words stay, the marks go."""

import re
from collections.abc import Iterable

from markdown_it.tree import SyntaxTreeNode

_HIDDEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_SPACES = re.compile(r"[ \t]+")
_BLANK_LINES = re.compile(r"\n\s*\n\s*")


def block_text(node: SyntaxTreeNode) -> str:
    """Return the text of one block.

    List items keep a mark and table rows their columns, for both are quoted as they stand.
    """
    match node.type:
        case "bullet_list" | "ordered_list":
            return "\n".join(_items(node))
        case "table":
            return "\n".join(_rows(node))
        case "fence" | "code_block":
            return node.content.rstrip()
        case "html_block":
            return _without_tags(node.content)
        case "hr":
            return ""
        case "inline":
            return inline_text(node)
        case _:
            separator = "\n\n" if node.type == "blockquote" else "\n"
            return separator.join(_texts(node.children))


def inline_text(node: SyntaxTreeNode) -> str:
    """Return the words of a paragraph or heading; a wrapped line is one line again."""
    text = "".join(_inline_parts(node))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _inline_parts(node: SyntaxTreeNode) -> Iterable[str]:
    for child in node.children:
        match child.type:
            case "text" | "code_inline":
                yield child.content
            case "softbreak":
                yield " "
            case "hardbreak":
                yield "\n"
            case "html_inline":
                yield "\n" if child.content.lower().startswith("<br") else ""
            case "image":
                continue
            case _:
                yield from _inline_parts(child)


def _items(node: SyntaxTreeNode) -> Iterable[str]:
    number = int(node.attrs.get("start", 1))
    for item in node.children:
        mark = "- " if node.type == "bullet_list" else f"{number}. "
        number += 1
        text = "\n".join(_texts(item.children))
        if text:
            yield mark + text.replace("\n", "\n  ")


def _rows(node: SyntaxTreeNode) -> Iterable[str]:
    for part in node.children:
        for row in part.children:
            cells = [" ".join(block_text(cell).split()) for cell in row.children]
            if any(cells):
                yield " | ".join(cells)


def _texts(nodes: Iterable[SyntaxTreeNode]) -> list[str]:
    return [text for text in map(block_text, nodes) if text]


def _without_tags(html: str) -> str:
    text = _TAG.sub(" ", _HIDDEN.sub("", html))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
