"""Renders a purpose as the exact text a customer is shown, and its hash.

One function makes the text for the API, the chat and the page, so that the hash a customer echoes
proves which words were on the screen. The frame ("Who sees it: …") comes from the pack in each of
its languages; a language the pack does not have falls back to English as a whole, never mixed.
"""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.profile.pack.categories import CategoryCatalogue
from assistant.profile.pack.purposes import Purpose


@dataclass(frozen=True, slots=True)
class DisclosureFrame:
    """The sentences around a purpose in one language.

    Placeholders: ``{categories}`` in ``uses``, ``{category}`` and ``{months}`` in ``kept``,
    ``{recipients}`` and ``{region}`` in ``seen_by``, ``{example}`` in ``example``,
    ``{if_refused}`` in ``refusing``.
    """

    example: str
    uses: str
    kept: str
    seen_by: str
    refusing: str
    undoing: str


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One purpose as shown: the words, their language and the SHA-256 of their UTF-8 bytes."""

    purpose: str
    version: int
    lang: str
    title: str
    text: str
    text_sha256: str


class DisclosureWriter:
    """Writes disclosures of one pack; ``frames`` by language, English always there."""

    def __init__(
        self, *, categories: CategoryCatalogue, frames: Mapping[str, DisclosureFrame]
    ) -> None:
        self._categories = categories
        self._frames = dict(frames)

    def language(self, purpose: Purpose, lang: str | None) -> str:
        """Return the language the disclosure will be in: ``lang`` if all of it exists."""
        short = (lang or "en").replace("_", "-").split("-")[0].lower()
        return short if short in self._frames and short in purpose.texts else "en"

    def disclose(self, purpose: Purpose, lang: str | None = None) -> Disclosure:
        """Return the whole text for ``purpose``; the same purpose and language, the same bytes."""
        language = self.language(purpose, lang)
        text = self.rendered_text(purpose, language)
        return Disclosure(
            purpose=purpose.id,
            version=purpose.version,
            lang=language,
            title=purpose.text(language).title,
            text=text,
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        )

    def rendered_text(self, purpose: Purpose, lang: str) -> str:
        """Return the disclosure's words, one thought a line, in Unicode form NFC."""
        frame, words = self._frames[lang], purpose.text(lang)
        categories = [self._categories[category] for category in purpose.categories]
        kept = [
            frame.kept.format(category=c.label(lang), months=c.retention_months) for c in categories
        ]
        lines = (
            words.title,
            words.description,
            words.benefit,
            frame.example.format(example=words.example),
            frame.uses.format(categories="; ".join(kept)),
            frame.seen_by.format(
                recipients="; ".join(words.recipients), region=purpose.storage_region
            ),
            frame.refusing.format(if_refused=words.if_refused),
            frame.undoing,
        )
        return unicodedata.normalize("NFC", "\n".join(lines))

    def languages(self, purpose: Purpose) -> tuple[str, ...]:
        """Return the languages in which all of the purpose's text exists."""
        return tuple(lang for lang in self._frames if lang in purpose.texts)

    def languages_by_hash(self, purpose: Purpose) -> Mapping[str, str]:
        """Return, by the hash of each text in which the current version is shown, its language."""
        return {self.disclose(purpose, lang).text_sha256: lang for lang in self.languages(purpose)}
