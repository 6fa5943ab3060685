"""Data categories of a pack: what each is called, how long it is kept, what lets it be stored.

Storing and using are two questions. A category ``stored_on`` a contract (an order is needed to
deliver it) may be stored without consent and is still not *used* for any purpose before that
purpose is given. Everything else is stored only while some purpose given by the customer asks for
it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from assistant.core.clock import add_months, to_epoch_ms

StorageBasis = Literal["contract", "consent"]

CONVERSATION = "chat"
"""What is said in conversations with the assistant: part of the service that was asked for."""


@dataclass(frozen=True, slots=True)
class Category:
    """One data category: ``labels`` and ``descriptions`` by language, English always there."""

    id: str
    labels: Mapping[str, str]
    descriptions: Mapping[str, str]
    stored_on: StorageBasis
    retention_months: int

    def label(self, lang: str) -> str:
        """Return the plain name of the category, in English where ``lang`` has none."""
        return self.labels.get(lang) or self.labels["en"]

    def description(self, lang: str) -> str:
        """Return what belongs to the category, in English where ``lang`` has none."""
        return self.descriptions.get(lang) or self.descriptions["en"]


class CategoryCatalogue:
    """The closed set of categories of one pack."""

    def __init__(self, categories: Mapping[str, Category]) -> None:
        self._categories = dict(categories)

    def __contains__(self, category: object) -> bool:
        return category in self._categories

    def __iter__(self) -> Iterator[Category]:
        return iter(self._categories.values())

    def __getitem__(self, category: str) -> Category:
        return self._categories[category]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all categories."""
        return frozenset(self._categories)

    def cuts(self, now: datetime) -> Mapping[str, int]:
        """Return for each category before when its rows go, in milliseconds since 1970."""
        return {
            category.id: to_epoch_ms(add_months(now, -category.retention_months))
            for category in self
        }

    def is_past(self, category: str, time: datetime, *, now: datetime) -> bool:
        """Whether what happened at ``time`` is past the months of its category, if it is one."""
        known = self._categories.get(category)
        return known is not None and time < add_months(now, -known.retention_months)

    def storable_without_consent(self, category: str) -> bool:
        """Whether the category exists and another basis than consent allows storing it."""
        known = self._categories.get(category)
        return known is not None and known.stored_on == "contract"

    def stored_on_consent_alone(self, category: str) -> bool:
        """Whether nothing but consent lets the category be kept.

        A conversation is kept for its short time because the customer asked something; only its
        later use needs consent.
        """
        known = self._categories.get(category)
        return known is not None and known.stored_on == "consent" and category != CONVERSATION
