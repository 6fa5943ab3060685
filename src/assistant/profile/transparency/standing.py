"""What is true of one customer while a page of their data is told: consent, uses, vectors.

Read once a page, so that the items themselves are told without asking the database again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from assistant.core.clock import to_rfc3339
from assistant.core.ids import EventId, TurnKey
from assistant.profile.consent.state import ConsentState
from assistant.profile.pack.loading import Pack
from assistant.profile.transparency.items import (
    ItemEmbeddings,
    ItemPurpose,
    LawfulBasis,
    StoragePlace,
)
from assistant.profile.transparency.words import Basis, TransparencyWords, in_language
from assistant.store.engine import Connection
from assistant.store.own_rows import Section
from assistant.store.uses import ItemUses


@dataclass(frozen=True, slots=True)
class Embedded:
    """Which events have a vector, made by which model, of how many dimensions."""

    model: str
    dimensions: int
    event_ids: frozenset[EventId]


FindEmbedded = Callable[[Connection, str], Embedded | None]
"""Returns what is embedded of a customer's history; filled by ``bootstrap``."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where this service stores: the kind of database and the region."""

    database: str
    region: str


@dataclass(frozen=True)
class CategoryTerms:
    """On what terms one category is stored and used for this customer."""

    label: str
    purposes: tuple[ItemPurpose, ...]
    basis: LawfulBasis
    receipt: str | None
    recipients: tuple[str, ...]
    retention_months: int | None

    @cached_property
    def given(self) -> tuple[str, ...]:
        """The purposes that may use the category now."""
        return tuple(purpose.id for purpose in self.purposes if purpose.decision == "given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One customer's state of things as of one page."""

    pack: Pack
    words: TransparencyWords
    lang: str
    consent: ConsentState
    receipts: Mapping[tuple[str, str], str]
    embedded: Embedded | None
    deployment: Deployment
    uses: Mapping[str, ItemUses]
    turns_of_items: Mapping[str, tuple[TurnKey, ...]]
    items_of_turns: Mapping[str, tuple[tuple[str, str], ...]]
    known_terms: dict[tuple[str, str], CategoryTerms] = field(default_factory=dict)
    known_columns: dict[str, list[tuple[str, str, str, str | None]]] = field(default_factory=dict)
    known_places: dict[bool, StoragePlace] = field(default_factory=dict)

    def terms(self, category: str, section: Section) -> CategoryTerms:
        """Return the terms of a category, or of a section that belongs to none of the pack."""
        key = (category, section.basis)
        if key not in self.known_terms:
            self.known_terms[key] = self._terms(category, section)
        return self.known_terms[key]

    def storage(self, *, sealed: bool) -> StoragePlace:
        """Return where an item lies, and how it is protected."""
        if sealed not in self.known_places:
            place = self.words.say(f"place_{self.deployment.database}")
            protection = self.words.say("sealed" if sealed else "open")
            self.known_places[sealed] = StoragePlace(
                in_language(place, self.lang),
                self.deployment.region,
                in_language(protection, self.lang),
            )
        return self.known_places[sealed]

    def embeddings(self, count: int) -> ItemEmbeddings | None:
        """Return ``count`` vectors of the model in use, None for none."""
        if self.embedded is None or not count:
            return None
        return ItemEmbeddings(self.embedded.model, self.embedded.dimensions, count)

    def _terms(self, category: str, section: Section) -> CategoryTerms:
        known = category in self.pack.categories
        purposes = tuple(self._purposes(category))
        basis = self._basis(category, section)
        given = [purpose for purpose in purposes if purpose.decision == "given"]
        recipients = [self.pack.name]
        for purpose in given:
            recipients += self.pack.purposes[purpose.id].text(self.lang).recipients
        label = self.pack.categories[category].label(self.lang) if known else self._own(category)
        months = self.pack.categories[category].retention_months if known else None
        return CategoryTerms(
            label=label,
            purposes=purposes,
            basis=LawfulBasis(basis.key, in_language(basis.words, self.lang), basis.dpv),
            receipt=next((purpose.receipt for purpose in given if purpose.receipt), None),
            recipients=tuple(dict.fromkeys(recipients)),
            retention_months=months,
        )

    def _purposes(self, category: str) -> list[ItemPurpose]:
        return [
            ItemPurpose(
                id=purpose.id,
                version=purpose.version,
                title=purpose.text(self.lang).title,
                dpv=purpose.dpv,
                decision=self.consent.standing(purpose.id, category),
                decided_at=_moment(self.consent.decided_at(purpose.id, category)),
                receipt=self.receipts.get((purpose.id, category)),
            )
            for purpose in self.pack.purposes.purposes_of(category)
        ]

    def _basis(self, category: str, section: Section) -> Basis:
        if section.basis == "category" and category in self.pack.categories:
            return self.words.basis(self.pack.categories[category].stored_on)
        return self.words.basis("consent" if section.basis == "category" else section.basis)

    def _own(self, category: str) -> str:
        words = self.words.category(category)
        return in_language(words, self.lang) if words else category


def _moment(at: datetime | None) -> str | None:
    return to_rfc3339(at) if at else None
