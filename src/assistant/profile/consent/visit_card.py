"""The card that is shown before a visit joins an account: a purpose of the service itself.

It is no purpose of the pack, because no pack could leave it out or word it otherwise. It is
published like those, so that the receipt of a yes carries the words that were shown.
"""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

import yaml

from assistant.core.events import JsonObject
from assistant.profile.pack.categories import CONVERSATION
from assistant.profile.pack.disclosure import Disclosure
from assistant.profile.pack.loading import Pack

JOIN_PURPOSE: Final = "join_visit"
_DPV: Final = "https://w3id.org/dpv#RequestedServiceProvision"


class _Words(NamedTuple):
    version: int
    texts: Mapping[str, tuple[str, str]]
    """Title and whole text, by language."""


@cache
def _words() -> _Words:
    file = resources.files("assistant.profile.consent") / "visit_card.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    version = content.pop("version")
    texts = {
        lang: (words["title"], "\n".join([words["title"], *words["lines"]]))
        for lang, words in content.items()
    }
    return _Words(version, texts)


def visit_card(lang: str | None) -> Disclosure:
    """Return the card in ``lang``, in English where it has none."""
    words = _words()
    short = (lang or "en").replace("_", "-").split("-")[0].lower()
    language = short if short in words.texts else "en"
    title, text = words.texts[language]
    text = unicodedata.normalize("NFC", text)
    return Disclosure(
        purpose=JOIN_PURPOSE,
        version=words.version,
        lang=language,
        title=title,
        text=text,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def visit_cards() -> Sequence[Disclosure]:
    """Return the card in each of its languages."""
    return [visit_card(lang) for lang in _words().texts]


def find_card(version: int | None, text_sha256: str | None) -> Disclosure | None:
    """Return the present card whose version and hash were echoed."""
    echoed = (version, text_sha256)
    return next((c for c in visit_cards() if (c.version, c.text_sha256) == echoed), None)


def join_definition(pack: Pack) -> JsonObject:
    """Return what joining means, in the form of the definitions of the pack's purposes."""
    region = next(iter(pack.purposes)).storage_region
    kept = CONVERSATION in pack.categories
    category = pack.categories[CONVERSATION] if kept else None
    return {
        "purpose": JOIN_PURPOSE,
        "version": _words().version,
        "dpv": _DPV,
        "lawful_basis": "consent",
        "necessity": "optional",
        "storage_region": region,
        "categories": [CONVERSATION],
        "labels": {CONVERSATION: category.label("en") if category else CONVERSATION},
        "retention_months": {CONVERSATION: category.retention_months if category else 0},
        "stored_on": {CONVERSATION: "consent"},
        "recipients": [pack.name],
        "controller": pack.name,
        "service": pack.assistant_name,
        "contact": {
            "person": pack.contact.person,
            "email": pack.contact.email,
            "phone": pack.contact.phone,
        },
    }
