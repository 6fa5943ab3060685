"""What may be kept as a customer's exact words: some, not too many, and only what one can see."""

import unicodedata

from assistant.core.errors import InvalidInput, TextTooLong

MAX_WORDS = 500
"""Characters of one answer or statement at most."""

_NEEDED = "\n\u200c\u200d\u200e\u200f"


def checked_words(words: str) -> str:
    """Return ``words`` as they would be kept: exactly as sent, but for space around them.

    Raises:
        TextTooLong: more than 500 characters.
        InvalidInput: nothing to keep, or characters that nobody sees on the screen.
    """
    kept = words.strip()
    if len(kept) > MAX_WORDS:
        raise TextTooLong(f"keep it to {MAX_WORDS} characters")
    if not kept:
        raise InvalidInput("there are no words to keep")
    if any(_is_unseen(character) for character in kept):
        raise InvalidInput("the words hold characters that nobody would see on the screen")
    return kept


def _is_unseen(character: str) -> bool:
    """Whether a character has no glyph, or makes others look as if they said something else.

    Line breaks, joiners and marks of direction stay: scripts and emoji need them. Overrides of the
    direction do not: what is confirmed must be what is kept.
    """
    kind = unicodedata.category(character)
    return kind in {"Cc", "Cs", "Co", "Cn", "Cf"} and character not in _NEEDED
