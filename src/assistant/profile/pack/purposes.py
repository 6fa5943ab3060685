"""The purpose register: everything the service may ever use personal data for, in plain words.

A purpose is identified by id and version. Whatever changes its meaning (categories, recipients,
retention, what is promised) takes a new version, and consent given to the old one no longer counts;
it is asked again, never migrated.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

REQUIRED_PURPOSES = (
    "answer_from_history",
    "finish_the_job",
    "personal_suggestions",
    "personal_insights",
    "learn_why",
    "support_by_people",
    "improve_in_the_aggregate",
    "language_model",
)
"""Every pack has these; a pack may add others."""

AGGREGATE_PURPOSE = "improve_in_the_aggregate"
"""The purpose that Global Privacy Control always blocks."""

Necessity = Literal["optional", "required"]
LawfulBasis = Literal["consent"]
"""Using a customer's own data takes consent; other bases only cover storing (see categories)."""


@dataclass(frozen=True, slots=True)
class PurposeText:
    """How one purpose is told in one language; ``recipients`` are names with what they do."""

    title: str
    description: str
    benefit: str
    example: str
    if_refused: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose of one version; ``dpv`` is the IRI of its kind in the W3C vocabulary."""

    id: str
    version: int
    dpv: str
    lawful_basis: LawfulBasis
    necessity: Necessity
    storage_region: str
    categories: tuple[str, ...]
    texts: Mapping[str, PurposeText]

    def text(self, lang: str) -> PurposeText:
        """Return the text in ``lang``, in English where there is none."""
        return self.texts.get(lang) or self.texts["en"]


class PurposeRegister:
    """The closed set of purposes of one pack, each in its current version."""

    def __init__(self, purposes: Mapping[str, Purpose]) -> None:
        self._purposes = dict(purposes)

    def __contains__(self, purpose: object) -> bool:
        return purpose in self._purposes

    def __iter__(self) -> Iterator[Purpose]:
        return iter(self._purposes.values())

    def __getitem__(self, purpose: str) -> Purpose:
        return self._purposes[purpose]

    def find_purpose(self, purpose: str) -> Purpose | None:
        """Return the current version of ``purpose``, or None when the pack has no such purpose."""
        return self._purposes.get(purpose)

    def purposes_of(self, category: str) -> tuple[Purpose, ...]:
        """Return the purposes that ask for ``category``."""
        return tuple(p for p in self._purposes.values() if category in p.categories)
