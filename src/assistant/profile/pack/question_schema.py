"""The form of ``questions.yaml``, and the checks that make a question worth asking."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from assistant.profile.pack.categories import CategoryCatalogue
from assistant.profile.pack.files import PackFile, PackModel, read_pack_file
from assistant.profile.pack.purposes import PurposeRegister
from assistant.profile.pack.question_catalogue import (
    REASONS,
    CatalogueQuestion,
    Choice,
    QuestionCatalogue,
    QuestionWords,
)
from assistant.profile.pack.schema import EventType, Identifier, Language, Sentence

Kept = Annotated[str, StringConstraints(min_length=1, max_length=300)]
"""A sentence as a customer would confirm it."""

Word = Annotated[str, StringConstraints(min_length=2, max_length=60, to_lower=True)]


class ChoiceSchema(PackModel):
    """A ready answer."""

    say: Kept
    keep: Kept


class QuestionWordsSchema(PackModel):
    """One question in one language."""

    question: Sentence
    example: Kept
    improves: Sentence
    choices: list[ChoiceSchema] = Field(default_factory=list, max_length=6)


class RelevanceSchema(PackModel):
    """What a conversation is about when the question is worth asking."""

    words: dict[Language, list[Word]] = Field(min_length=1)
    events: list[EventType] = Field(default_factory=list)


class QuestionSchema(PackModel):
    """One question of the catalogue."""

    id: Identifier
    purpose: Identifier
    gain: int = Field(ge=1, le=5, strict=True)
    helps: list[Identifier] = Field(min_length=1)
    keep_months: int = Field(ge=1, le=120, strict=True)
    relevant: RelevanceSchema
    text: dict[Language, QuestionWordsSchema]


class QuestionsSchema(PackModel):
    """``questions.yaml`` as a whole."""

    questions: list[QuestionSchema] = Field(min_length=1)


def load_questions(
    path: Path,
    *,
    categories: CategoryCatalogue,
    purposes: PurposeRegister,
    event_types: frozenset[str],
    languages: frozenset[str],
) -> QuestionCatalogue:
    """Load the catalogue; a pack without the file has no questions of its own.

    Raises:
        PackInvalid: for a wrong form, an id given twice, an unknown purpose or event type, a
            purpose that does not ask for reasons, a longer time than the category is kept, or a
            language of the pack that is missing.
    """
    if not path.exists():
        return QuestionCatalogue()
    file = read_pack_file(path)
    questions: dict[str, CatalogueQuestion] = {}
    for number, schema in enumerate(file.parse(QuestionsSchema).questions):
        if schema.id in questions:
            raise file.wrong(("questions", number, "id"), f"{schema.id!r} is declared twice")
        _check_purpose(file, number, schema, purposes)
        _check_time(file, number, schema, categories)
        _check_words(file, number, schema, languages)
        _check_events(file, number, schema, event_types)
        questions[schema.id] = _question(schema)
    return QuestionCatalogue(questions=questions)


def _check_purpose(
    file: PackFile, number: int, schema: QuestionSchema, purposes: PurposeRegister
) -> None:
    """Refuse a purpose that there is not, or that says nothing of keeping reasons."""
    purpose = purposes.find_purpose(schema.purpose)
    place = ("questions", number, "purpose")
    if purpose is None:
        raise file.wrong(place, f"there is no purpose {schema.purpose!r} in purposes.yaml")
    if REASONS not in purpose.categories:
        raise file.wrong(place, f"the purpose {schema.purpose!r} does not ask for {REASONS!r}")


def _check_time(
    file: PackFile, number: int, schema: QuestionSchema, categories: CategoryCatalogue
) -> None:
    """Refuse to keep an answer longer than the category is said to be kept."""
    months = categories[REASONS].retention_months
    if schema.keep_months > months:
        raise file.wrong(
            ("questions", number, "keep_months"),
            f"{REASONS!r} is kept for {months} months at most",
        )


def _check_words(
    file: PackFile, number: int, schema: QuestionSchema, languages: frozenset[str]
) -> None:
    """Refuse a question that some language of the pack cannot ask."""
    for lang in sorted(languages):
        if lang not in schema.text:
            raise file.wrong(("questions", number, "text"), f"no text in {lang!r}")
    for lang, words in schema.text.items():
        if len(words.choices) != len(schema.text["en"].choices):
            raise file.wrong(
                ("questions", number, "text", lang, "choices"),
                "the choices are not the same in number as in English",
            )


def _check_events(
    file: PackFile, number: int, schema: QuestionSchema, event_types: frozenset[str]
) -> None:
    """Refuse an event type that the pack does not map to a category."""
    for position, event_type in enumerate(schema.relevant.events):
        if event_type not in event_types:
            raise file.wrong(
                ("questions", number, "relevant", "events", position),
                f"there is no event type {event_type!r} in pack.yaml",
            )


def _question(schema: QuestionSchema) -> CatalogueQuestion:
    """Return the question as the rest of the service knows it."""
    return CatalogueQuestion(
        id=schema.id,
        purpose=schema.purpose,
        gain=schema.gain,
        helps=frozenset(schema.helps),
        keep_months=schema.keep_months,
        words={lang: tuple(words) for lang, words in schema.relevant.words.items()},
        events=frozenset(schema.relevant.events),
        texts={
            lang: QuestionWords(
                question=text.question,
                example=text.example,
                improves=text.improves,
                choices=tuple(Choice(choice.say, choice.keep) for choice in text.choices),
            )
            for lang, text in schema.text.items()
        },
    )
