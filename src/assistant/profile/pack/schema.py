"""The form of ``pack.yaml`` as it is written by hand."""

from typing import Annotated

from pydantic import Field, StringConstraints

from assistant.profile.pack.categories import Category, StorageBasis
from assistant.profile.pack.files import PackModel

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
EventType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$", max_length=80)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class ContactSchema(PackModel):
    """Who a customer reaches when they ask for a person."""

    person: Sentence
    hours: Sentence
    email: Sentence
    phone: Sentence


class DisclosureSchema(PackModel):
    """The sentences around a purpose; see ``disclosure.DisclosureFrame``."""

    example: Sentence
    uses: Sentence
    kept: Sentence
    seen_by: Sentence
    refusing: Sentence
    undoing: Sentence


class LanguageSchema(PackModel):
    """What the pack says in one language outside purposes and categories."""

    disclosure: DisclosureSchema


class CategorySchema(PackModel):
    """One data category."""

    label: dict[Language, Sentence]
    description: dict[Language, Sentence]
    stored_on: StorageBasis
    retention_months: int = Field(ge=1, le=120)


class PackSchema(PackModel):
    """``pack.yaml`` as a whole."""

    id: Identifier
    name: Sentence
    assistant_name: Sentence
    languages: dict[Language, LanguageSchema] = Field(min_length=1)
    contact: ContactSchema
    categories: dict[Identifier, CategorySchema] = Field(min_length=1)
    event_types: dict[EventType, Identifier] = Field(min_length=1)

    def catalogue(self) -> dict[str, Category]:
        """Return the categories as the rest of the service knows them."""
        return {
            name: Category(
                id=name,
                labels=category.label,
                descriptions=category.description,
                stored_on=category.stored_on,
                retention_months=category.retention_months,
            )
            for name, category in self.categories.items()
        }
