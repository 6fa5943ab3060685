"""The service's own words about what it keeps, from ``words.yaml``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias, cast

import yaml

Text: TypeAlias = Mapping[str, str]
"""A text by language; English is always there."""


@dataclass(frozen=True, slots=True)
class Basis:
    """A ground on which something may be stored: its words and its DPV term."""

    key: str
    dpv: str
    words: Text


@dataclass(frozen=True, slots=True)
class RetainedWords:
    """What stays after an erasure of everything, on which ground, until when."""

    what: Text
    ground: Text
    until: Text


def in_language(text: Text, lang: str) -> str:
    """Return ``text`` in ``lang``, in English where there is none."""
    return text.get(lang) or text["en"]


class TransparencyWords:
    """What is said, in any of the languages of the file."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self._written = written
        self._bases = {
            key: Basis(key, entry["dpv"], {k: v for k, v in entry.items() if k != "dpv"})
            for key, entry in written["bases"].items()
        }

    def basis(self, key: str) -> Basis:
        """Return a ground by its key."""
        return self._bases[key]

    def category(self, category: str) -> Text | None:
        """Return what a category of the service's own is called, None for one of the pack."""
        return cast("Text | None", self._written["sections"].get(category))

    def say(self, *path: str) -> Text:
        """Return the text at a place of the file, such as ``say("gpc", "on")``."""
        found: Any = self._written
        for key in path:
            found = found[key]
        return cast("Text", found)

    def not_held(self) -> Sequence[Text]:
        """Return what is never held of anybody."""
        return cast("Sequence[Text]", self._written["not_held"])

    def retained(self) -> Sequence[RetainedWords]:
        """Return what stays after an erasure of everything."""
        return [RetainedWords(**entry) for entry in self._written["retained"]]


@cache
def load_transparency_words() -> TransparencyWords:
    """Read the words once."""
    source = files("assistant.profile.transparency").joinpath("words.yaml")
    return TransparencyWords(yaml.safe_load(source.read_text(encoding="utf-8")))
