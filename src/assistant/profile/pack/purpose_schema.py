"""The form of ``purposes.yaml``, and the checks that make it a register worth consenting to."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from assistant.profile.pack.categories import CategoryCatalogue
from assistant.profile.pack.files import PackFile, PackModel, read_pack_file
from assistant.profile.pack.prohibited import find_prohibition
from assistant.profile.pack.purposes import (
    REQUIRED_PURPOSES,
    LawfulBasis,
    Necessity,
    Purpose,
    PurposeRegister,
    PurposeText,
)
from assistant.profile.pack.schema import Identifier, Language, Sentence

Iri = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"{}|\\^`]+[#/][A-Za-z0-9_-]+$")]


class PurposeTextSchema(PackModel):
    """One purpose in one language."""

    title: Sentence
    description: Sentence
    benefit: Sentence
    example: Sentence
    if_refused: Sentence
    recipients: list[Sentence] = Field(min_length=1)


class PurposeSchema(PackModel):
    """One purpose."""

    id: Identifier
    version: int = Field(ge=1, strict=True)
    dpv: Iri
    lawful_basis: LawfulBasis
    necessity: Necessity
    storage_region: Sentence
    categories: list[Identifier] = Field(min_length=1)
    text: dict[Language, PurposeTextSchema]


class PurposesSchema(PackModel):
    """``purposes.yaml`` as a whole."""

    purposes: list[PurposeSchema]


def load_purposes(path: Path, categories: CategoryCatalogue) -> PurposeRegister:
    """Load the register.

    Raises:
        PackInvalid: for a wrong form, a prohibited or missing purpose, an id given twice, an
            unknown category, or no English text.
    """
    file = read_pack_file(path)
    purposes: dict[str, Purpose] = {}
    for number, schema in enumerate(file.parse(PurposesSchema).purposes):
        if schema.id in purposes:
            raise file.wrong(("purposes", number, "id"), f"{schema.id!r} is declared twice")
        _check_allowed(file, number, schema)
        _check_categories(file, number, schema, categories)
        _check_texts(file, number, schema)
        purposes[schema.id] = _purpose(schema)
    for required in REQUIRED_PURPOSES:
        if required not in purposes:
            raise file.wrong(("purposes",), f"the purpose {required!r} is missing")
    return PurposeRegister(purposes)


def _check_allowed(file: PackFile, number: int, schema: PurposeSchema) -> None:
    """Refuse a purpose that is prohibited for ever."""
    named: list[tuple[tuple[str, ...], str]] = [(("id",), schema.id), (("dpv",), schema.dpv)]
    named += [(("text", lang, "title"), text.title) for lang, text in schema.text.items()]
    for place, name in named:
        prohibition = find_prohibition(name)
        if prohibition:
            raise file.wrong(
                ("purposes", number, *place),
                f"{name!r} is {prohibition}, which no pack may have as a purpose",
            )


def _check_categories(
    file: PackFile, number: int, schema: PurposeSchema, categories: CategoryCatalogue
) -> None:
    """Refuse unknown and repeated categories."""
    for position, category in enumerate(schema.categories):
        place = ("purposes", number, "categories", position)
        if category not in categories:
            raise file.wrong(place, f"there is no data category {category!r} in pack.yaml")
        if category in schema.categories[:position]:
            raise file.wrong(place, f"the category {category!r} is named twice")


def _check_texts(file: PackFile, number: int, schema: PurposeSchema) -> None:
    """Refuse a purpose without English, and recipients that differ between languages."""
    if "en" not in schema.text:
        raise file.wrong(("purposes", number, "text"), "no text in English (en)")
    for lang, text in schema.text.items():
        if len(text.recipients) != len(schema.text["en"].recipients):
            raise file.wrong(
                ("purposes", number, "text", lang, "recipients"),
                "the recipients are not the same in number as in English",
            )


def _purpose(schema: PurposeSchema) -> Purpose:
    """Return the purpose as the rest of the service knows it."""
    return Purpose(
        id=schema.id,
        version=schema.version,
        dpv=schema.dpv,
        lawful_basis=schema.lawful_basis,
        necessity=schema.necessity,
        storage_region=schema.storage_region,
        categories=tuple(schema.categories),
        texts={
            lang: PurposeText(
                title=text.title,
                description=text.description,
                benefit=text.benefit,
                example=text.example,
                if_refused=text.if_refused,
                recipients=tuple(text.recipients),
            )
            for lang, text in schema.text.items()
        },
    )
