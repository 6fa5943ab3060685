"""The YAML block at the head of a Markdown file: title, topics, products, date, id."""

import re
from dataclasses import dataclass
from datetime import date, datetime

import yaml

from assistant.retrieval.documents.document import Unreadable

_BLOCK = re.compile(
    r"\A---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a front matter says of its document; every field may be absent."""

    document_id: str | None = None
    title: str | None = None
    topics: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    updated: date | None = None


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """Return the front matter of ``text`` and what follows it.

    Raises:
        Unreadable: there is a block and it is not a YAML mapping.
    """
    match = _BLOCK.match(text)
    if match is None:
        return FrontMatter(), text
    try:
        fields = yaml.safe_load(match.group("yaml"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 2}" if mark else ""
        raise Unreadable(f"has a front matter that is not YAML{line}") from error
    if fields is None:
        fields = {}
    if not isinstance(fields, dict):
        raise Unreadable("has a front matter that is not a mapping of names to values")
    front_matter = FrontMatter(
        document_id=_text(fields.get("id")),
        title=_text(fields.get("title")),
        topics=_texts(fields.get("topics", fields.get("tags"))),
        products=_texts(fields.get("products")),
        updated=_date(fields.get("updated", fields.get("date"))),
    )
    return front_matter, text[match.end() :]


def _text(value: object) -> str | None:
    return str(value).strip() or None if isinstance(value, str | int | float) else None


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return ()
    return tuple(text for text in map(_text, value) if text)


def _date(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
