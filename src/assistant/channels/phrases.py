"""Small pieces of English from which renderings are made: items, lists, numbers, order numbers."""

import re
from collections.abc import Iterable

from assistant.channels.payloads import Item, Money, Options, Plain
from assistant.core.wording import money, number

MAX_RENDERING = 2000
"""Characters of a rendering; the embedder reads fewer, a customer would not read more."""

TIMES = "\N{MULTIPLICATION SIGN}"

_LETTER_SOUNDS_LIKE_VOWEL = frozenset("AEFHILMNORSX")
_MEASURED = re.compile(r"\d ?(g|kg|ml|cl|l)$", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb\s]+")


def clean(text: str, limit: int = MAX_RENDERING) -> str:
    """Return ``text`` on one line without control characters, cut at ``limit`` characters."""
    line = _UNPRINTABLE.sub(" ", text).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def order_number(order_id: str) -> str:
    """Return ``order #W123`` with the id exactly as the shop gave it."""
    return f"order {order_id}"


def amount_phrase(amount: float | Money, currency: str | None) -> str:
    """Return an amount of money; one that names its currency itself keeps it."""
    if isinstance(amount, Money):
        return money(amount.amount, amount.currency or currency)
    return money(amount, currency)


def item_phrases(items: Iterable[Item]) -> list[str]:
    """Return one phrase an item: ``an Alder 1.7 L electric kettle (colour: slate)``."""
    return [item_phrase(item) for item in items]


def item_phrase(item: Item) -> str:
    """Return the item with an article or its quantity, and its options."""
    name = clean(item.name, 200) or "item"
    quantity = item.quantity or 1
    chosen = options_phrase(item.options)
    counted = with_article(name) if quantity == 1 else f"{number(quantity)} {TIMES} {name}"
    return f"{counted} ({chosen})" if chosen else counted


def options_phrase(options: Options) -> str:
    """Return ``colour: slate, size: 42``; options without a value are left out."""
    if isinstance(options, str):
        return clean(options, 200)
    named = options.items() if isinstance(options, dict) else (("", value) for value in options)
    return ", ".join(
        (f"{clean(name, 60)}: " if name else "") + clean(_option_value(value), 100)
        for name, value in named
        if value not in (None, "")
    )


def _option_value(value: Plain) -> str:
    """Return an option's value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int | float) else str(value)


def with_article(name: str) -> str:
    """Return ``name`` with a or an; plurals and what is sold by weight stay as they are."""
    head = name.split(" (", 1)[0]
    first_word = head.split(" ", 1)[0]
    plural = head.endswith("s") and not head.endswith("ss")
    if plural or _MEASURED.search(head) or not first_word[:1].isalpha():
        return name
    if first_word.isupper() and len(first_word) > 1:
        vowel = first_word[0] in _LETTER_SOUNDS_LIKE_VOWEL
    else:
        vowel = name[0].lower() in "aeiou"
    return f"{'an' if vowel else 'a'} {name}"


def sentence(*parts: str) -> str:
    """Join the parts that are not empty with spaces and end them with a full stop."""
    text = " ".join(part for part in parts if part)
    text = text.replace(" ,", ",").replace(" : ", ": ")
    return clean(text if text.endswith((".", "!", "?", "…")) else text + ".")
