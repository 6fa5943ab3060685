"""The purpose card: what is shown, word for word, before a why-question is asked.

Its text is the disclosure of the purpose as it was published, so the hash that the widget
acknowledges is the hash that a consent to the purpose echoes.
"""

from dataclasses import dataclass

from assistant.profile.pack.loading import Pack


@dataclass(frozen=True, slots=True)
class Card:
    """One purpose card in one language; ``text_sha256`` is of the UTF-8 bytes of ``text``."""

    purpose: str
    version: int
    lang: str
    title: str
    text: str
    text_sha256: str


@dataclass(frozen=True, slots=True)
class CardShown:
    """The acknowledgement that a card was on the screen; ``channel`` is a word for where."""

    version: int
    text_sha256: str
    lang: str
    channel: str


def find_card(pack: Pack, purpose: str, version: int, lang: str) -> Card | None:
    """Return the card of a purpose, None where the pack no longer has it in this version."""
    current = pack.purposes.find_purpose(purpose)
    if current is None or current.version != version:
        return None
    return card_of(pack, purpose, lang)


def card_of(pack: Pack, purpose: str, lang: str) -> Card:
    """Return the card of a purpose of the pack, in ``lang`` or English."""
    shown = pack.disclose(purpose, lang)
    return Card(
        purpose=shown.purpose,
        version=shown.version,
        lang=shown.lang,
        title=shown.title,
        text=shown.text,
        text_sha256=shown.text_sha256,
    )
