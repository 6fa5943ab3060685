"""The readable page of an export: one HTML file without scripts, styles or addresses from outside.

Written as a stream, an item at a time. Everything is escaped: what a customer or a business system
once wrote is text here and never markup.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import orjson
from jinja2 import Environment, PackageLoader

from assistant.core.clock import to_rfc3339
from assistant.core.events import JsonValue
from assistant.profile.transparency.items import DataItem, Overview, SectionSummary

_BUFFERED = 50
"""Events of the template engine that are joined into one piece."""


class PageWriter:
    """Renders the template ``export.html``."""

    def __init__(self) -> None:
        environment = Environment(
            loader=PackageLoader("assistant.profile.transparency"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["plainly"] = _plainly
        self._template = environment.get_template("export.html")

    def write(
        self,
        overview: Overview,
        sections: Iterable[tuple[SectionSummary, Iterable[DataItem]]],
        *,
        lang: str,
        at: datetime,
    ) -> Iterator[bytes]:
        """Yield the page as UTF-8."""
        stream = self._template.stream(
            overview=overview,
            sections=sections,
            lang=lang,
            words=_WORDS.get(lang) or _WORDS["en"],
            made_at=to_rfc3339(at),
        )
        stream.enable_buffering(_BUFFERED)
        for piece in stream:
            yield piece.encode()


def _plainly(value: JsonValue) -> str:
    """Return a value as it is read: text as it is, nothing as a hyphen, the rest as JSON."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


_WORDS = {
    "en": {
        "title": "Your data",
        "made": "Made at",
        "holdings": "What is kept, and how often it helped you",
        "category": "Data category",
        "items": "Kept",
        "times": "Times used",
        "helped": "You said it helped",
        "idle": "never used",
        "decisions": "Your decisions",
        "not_held": "What is not kept",
        "retained": "What stays after you erase everything",
        "source": "From",
        "basis": "Why it may be stored",
        "recipients": "Who sees it",
        "expires": "Until",
        "used": "Used",
    },
    "de": {
        "title": "Ihre Daten",
        "made": "Erstellt am",
        "holdings": "Was gespeichert ist und wie oft es Ihnen half",
        "category": "Datenkategorie",
        "items": "Gespeichert",
        "times": "Genutzt",
        "helped": "Hat Ihnen geholfen",
        "idle": "nie genutzt",
        "decisions": "Ihre Entscheidungen",
        "not_held": "Was nicht gespeichert ist",
        "retained": "Was bleibt, wenn Sie alles löschen",
        "source": "Von",
        "basis": "Warum es gespeichert sein darf",
        "recipients": "Wer es sieht",
        "expires": "Bis",
        "used": "Genutzt",
    },
}
