"""Publishes the pack's purposes, once a version and for ever.

A customer agreed to words; whoever changes the words or what they mean has to raise the version, so
that the customer is asked again. What the database has published is compared with the pack at every
start, and a pack that says something else under the same version is refused.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
import rfc8785

from assistant.core.errors import ConfigurationError
from assistant.core.events import JsonObject
from assistant.profile.consent.visit_card import join_definition, visit_cards
from assistant.profile.pack.disclosure import Disclosure
from assistant.profile.pack.loading import Pack
from assistant.profile.pack.purposes import Purpose
from assistant.store.engine import Connection, Database
from assistant.store.published_purposes import PublishedPurpose, PublishedPurposeRepository

_CONTACT = "contact"
"""Part of the definition that may change without asking anybody again; the first one is kept."""


@dataclass(frozen=True, slots=True)
class PublishingConflict:
    """A purpose of the pack that says something else than was published under its version.

    ``lang`` is None where the definition differs, and names the language of a changed text.
    """

    purpose: str
    version: int
    lang: str | None

    @property
    def message(self) -> str:
        """What to tell the operator."""
        what = "definition" if self.lang is None else f"text in {self.lang!r}"
        return (
            f"the {what} of purpose {self.purpose!r} differs from what was published as version "
            f"{self.version}; raise the version in purposes.yaml, so that customers are asked again"
        )


@dataclass(frozen=True, slots=True)
class UnknownPublishing:
    """A published text that no pack of this service can have published, or that was changed."""

    purpose: str
    version: int
    lang: str
    newest: int | None
    """The version of the pack, None where it has no such purpose."""

    @property
    def message(self) -> str:
        """What to tell the operator."""
        text = f"version {self.version} of purpose {self.purpose!r} in {self.lang!r} is published"
        if self.newest is None:
            return f"{text}, and the pack has no such purpose: who published it?"
        if self.version > self.newest:
            return f"{text}, and the pack knows no version after {self.newest}: who published it?"
        return f"{text} with a text or a definition that does not fit its hash or its version"


def definition_of(pack: Pack, purpose: Purpose) -> JsonObject:
    """Return what a purpose means in every language alike."""
    categories = [pack.categories[name] for name in purpose.categories]
    return {
        "purpose": purpose.id,
        "version": purpose.version,
        "dpv": purpose.dpv,
        "lawful_basis": purpose.lawful_basis,
        "necessity": purpose.necessity,
        "storage_region": purpose.storage_region,
        "categories": [category.id for category in categories],
        "labels": {category.id: category.label("en") for category in categories},
        "retention_months": {category.id: category.retention_months for category in categories},
        "stored_on": {category.id: category.stored_on for category in categories},
        "recipients": list(purpose.text("en").recipients),
        "controller": pack.name,
        "service": pack.assistant_name,
        _CONTACT: {
            "person": pack.contact.person,
            "email": pack.contact.email,
            "phone": pack.contact.phone,
        },
    }


def find_conflicts(
    pack: Pack, published: Sequence[PublishedPurpose]
) -> Sequence[PublishingConflict]:
    """Return where the pack differs from what was published under the same versions."""
    return list(_conflicts(pack, published))


def find_unknown(pack: Pack, published: Sequence[PublishedPurpose]) -> Sequence[UnknownPublishing]:
    """Return what is published beyond what the pack knows; earlier versions may be its own."""
    newest = {purpose.id: purpose.version for purpose in pack.purposes}
    newest |= {card.purpose: card.version for card in visit_cards()}
    return [
        UnknownPublishing(each.purpose, each.version, each.lang, newest.get(each.purpose))
        for each in published
        if not 1 <= each.version <= newest.get(each.purpose, 0) or not _fits(each)
    ]


def _fits(published: PublishedPurpose) -> bool:
    """Whether text and definition have the hashes beside them, and say what they are about."""
    definition = orjson.loads(published.definition)
    return (
        published.text_sha256 == hashlib.sha256(published.text.encode()).hexdigest()
        and published.definition_sha256 == hashlib.sha256(published.definition.encode()).hexdigest()
        and isinstance(definition, dict)
        and (definition.get("purpose"), definition.get("version"))
        == (published.purpose, published.version)
    )


def publish_pack(
    database: Database, pack: Pack, repository: PublishedPurposeRepository, *, at: datetime
) -> None:
    """Publish what is new, writing nothing where nothing is.

    Raises:
        ConfigurationError: the pack changed a text or a definition without a new version.
    """
    published = database.read_now(repository.list_published)
    if find_conflicts(pack, published) or any(_missing(pack, published, at)):
        database.write_now(lambda c: publish(c, pack, repository, at=at))


def publish(
    connection: Connection, pack: Pack, repository: PublishedPurposeRepository, *, at: datetime
) -> int:
    """Publish what is not published yet (in a write) and return how many texts that were.

    Raises:
        ConfigurationError: the pack changed a text or a definition without a new version.
    """
    repository.lock(connection)
    published = repository.list_published(connection)
    if conflicts := find_conflicts(pack, published):
        more = f" (and {len(conflicts) - 1} more)" if len(conflicts) > 1 else ""
        raise ConfigurationError(conflicts[0].message + more)
    missing = list(_missing(pack, published, at))
    repository.add_published(connection, missing)
    return len(missing)


def _conflicts(pack: Pack, published: Sequence[PublishedPurpose]) -> Iterator[PublishingConflict]:
    known = {(each.purpose, each.version, each.lang): each for each in published}
    definitions = {(each.purpose, each.version): each.definition for each in published}
    for purpose in pack.purposes:
        first = definitions.get((purpose.id, purpose.version))
        if first is not None and _material(orjson.loads(first)) != _material(
            definition_of(pack, purpose)
        ):
            yield PublishingConflict(purpose.id, purpose.version, None)
        for lang in pack.disclosures.languages(purpose):
            text = known.get((purpose.id, purpose.version, lang))
            shown = pack.disclosures.disclose(purpose, lang)
            if text is not None and text.text_sha256 != shown.text_sha256:
                yield PublishingConflict(purpose.id, purpose.version, lang)


def _material(definition: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in definition.items() if name != _CONTACT}


def _missing(
    pack: Pack, published: Sequence[PublishedPurpose], at: datetime
) -> Iterator[PublishedPurpose]:
    """Yield what is new; a language that comes later takes its version's first definition."""
    definitions = {(each.purpose, each.version): each.definition for each in published}
    known = {(each.purpose, each.version, each.lang) for each in published}
    for purpose in pack.purposes:
        version = (purpose.id, purpose.version)
        new = [
            lang for lang in pack.disclosures.languages(purpose) if (*version, lang) not in known
        ]
        shown = [pack.disclosures.disclose(purpose, lang) for lang in new]
        first = definitions.get(version) or _canonical(definition_of(pack, purpose))
        yield from (_as_published(each, first, at) for each in shown)
    cards = [card for card in visit_cards() if (card.purpose, card.version, card.lang) not in known]
    for card in cards:
        first = definitions.get((card.purpose, card.version)) or _canonical(join_definition(pack))
        yield _as_published(card, first, at)


def _canonical(definition: JsonObject) -> str:
    """Return the JSON of a definition that is kept and hashed."""
    return rfc8785.dumps(dict(definition)).decode()


def _as_published(shown: Disclosure, definition: str, at: datetime) -> PublishedPurpose:
    """Return what is kept of a text with its definition."""
    return PublishedPurpose(
        purpose=shown.purpose,
        version=shown.version,
        lang=shown.lang,
        text_sha256=shown.text_sha256,
        text=shown.text,
        definition=definition,
        definition_sha256=hashlib.sha256(definition.encode()).hexdigest(),
        published_at=at,
    )
