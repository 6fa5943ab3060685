"""The assistant's own words, from one message file a language."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Phrases:
    """What the assistant says in its own name; names of the shop are filled in already."""

    texts: Mapping[str, str]
    names: Mapping[str, str]

    def find(self, key: str) -> str | None:
        """Return the text of ``key`` as it stands, if there is one."""
        return self.texts.get(key)

    def say(self, key: str, **values: str) -> str:
        """Return the text of ``key`` with its placeholders filled.

        Raises:
            KeyError: the key, or a value that its text needs, is missing.
        """
        return self.texts[key].format_map({**self.names, **values})


def load_phrases(language: str, names: Mapping[str, str]) -> Phrases:
    """Read the messages of ``language``; ``names`` are assistant, shop, hours and contact."""
    source = files("assistant.dialogue").joinpath("messages", f"{language}.yaml")
    texts: dict[str, str] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return Phrases(texts=texts, names=dict(names))
