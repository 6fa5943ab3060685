"""A knowledge pack: the folder an operator edits, loaded once into what the service trusts.

``pack.yaml`` names the shop, its people and its data categories; ``purposes.yaml`` is the purpose
register; ``questions.yaml``, where there is one, holds the why-questions. All are checked whole at
start: a service that asks for consent with half a text must not start at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.profile.pack.categories import CategoryCatalogue
from assistant.profile.pack.disclosure import Disclosure, DisclosureFrame, DisclosureWriter
from assistant.profile.pack.files import PackFile, read_pack_file
from assistant.profile.pack.purpose_schema import load_purposes
from assistant.profile.pack.purposes import PurposeRegister
from assistant.profile.pack.question_catalogue import QuestionCatalogue
from assistant.profile.pack.question_schema import load_questions
from assistant.profile.pack.schema import PackSchema

_PLACEHOLDERS: Mapping[str, Mapping[str, str | int]] = {
    "example": {"example": ""},
    "uses": {"categories": ""},
    "kept": {"category": "", "months": 0},
    "seen_by": {"recipients": "", "region": ""},
    "refusing": {"if_refused": ""},
}


@dataclass(frozen=True, slots=True)
class Contact:
    """The people behind the assistant, as the customer is told of them."""

    person: str
    hours: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Pack:
    """One loaded pack; ``event_types`` maps an event's type to its data category."""

    folder: Path
    id: str
    name: str
    assistant_name: str
    languages: tuple[str, ...]
    contact: Contact
    categories: CategoryCatalogue
    event_types: Mapping[str, str]
    purposes: PurposeRegister
    disclosures: DisclosureWriter
    questions: QuestionCatalogue

    def disclose(self, purpose: str, lang: str | None = None) -> Disclosure:
        """Return the current text of ``purpose`` (which must exist) in ``lang`` or English."""
        return self.disclosures.disclose(self.purposes[purpose], lang)


def load_pack(folder: Path) -> Pack:
    """Load the pack in ``folder``.

    Raises:
        PackInvalid: naming file, line and what is wrong.
    """
    file = read_pack_file(folder / "pack.yaml")
    schema = file.parse(PackSchema)
    categories = CategoryCatalogue(schema.catalogue())
    _check_languages(file, schema)
    _check_event_types(file, schema, categories)
    purposes = load_purposes(folder / "purposes.yaml", categories)
    return Pack(
        folder=folder,
        id=schema.id,
        name=schema.name,
        assistant_name=schema.assistant_name,
        languages=tuple(schema.languages),
        contact=Contact(**schema.contact.model_dump()),
        categories=categories,
        event_types=dict(schema.event_types),
        purposes=purposes,
        disclosures=DisclosureWriter(
            categories=categories,
            frames={lang: _frame(file, schema, lang) for lang in schema.languages},
        ),
        questions=load_questions(
            folder / "questions.yaml",
            categories=categories,
            purposes=purposes,
            event_types=frozenset(schema.event_types),
            languages=frozenset(schema.languages),
        ),
    )


def _check_languages(file: PackFile, schema: PackSchema) -> None:
    """Refuse a pack without English, or with a category that lacks one of its languages."""
    if "en" not in schema.languages:
        raise file.wrong(("languages",), "English (en) is needed: every fallback ends there")
    for name, category in schema.categories.items():
        for part, texts in (("label", category.label), ("description", category.description)):
            missing = [lang for lang in schema.languages if lang not in texts]
            if missing:
                raise file.wrong(("categories", name, part), f"no text in {missing[0]!r}")


def _check_event_types(file: PackFile, schema: PackSchema, categories: CategoryCatalogue) -> None:
    """Refuse an event type that is mapped to a category the pack does not have."""
    for event_type, category in schema.event_types.items():
        if category not in categories:
            raise file.wrong(("event_types", event_type), f"there is no data category {category!r}")


def _frame(file: PackFile, schema: PackSchema, lang: str) -> DisclosureFrame:
    """Return the frame of ``lang`` after proving that its placeholders can be filled."""
    words = schema.languages[lang].disclosure
    frame = DisclosureFrame(**words.model_dump())
    for field, values in _PLACEHOLDERS.items():
        place = ("languages", lang, "disclosure", field)
        sentence = getattr(words, field)
        for name in values:
            if f"{{{name}}}" not in sentence:
                raise file.wrong(place, f"the placeholder {{{name}}} is missing")
        try:
            sentence.format(**values)
        except (KeyError, IndexError, ValueError):
            raise file.wrong(place, "a placeholder is not known") from None
    return frame
