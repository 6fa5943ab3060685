"""Which things a question names, held against what the customer's records name.

"My vacuum" names the "Dune cordless vacuum": one telling word of a product's name is enough, the
word that says what kind of thing it is above all. "My electric bike" names no "electric kettle".
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from assistant.dialogue.generic_words import GENERIC, NO_HEAD
from assistant.dialogue.small_talk import plain_apostrophes
from assistant.retrieval.record_matching import items_of
from assistant.retrieval.record_types import Case, Order, OrderItem, Record, Subscription, order_key
from assistant.retrieval.terms import terms

_PARTICIPLE = re.compile(r"\w{4,}ed")
"""What was done with a thing ("approved", "processed") is no thing."""


def _folded(stems: Iterable[str]) -> list[str]:
    """Return ``stems`` in one form for "knife" and "knives", "shelf" and "shelves"."""
    plain = [stem.removesuffix("e") for stem in stems]
    return [f"{stem[:-1]}f" if stem.endswith("v") else stem for stem in plain]


_NAME, _OPTION, _TEXT = 1.0, 0.6, 0.4
"""What a word counts that stands in a product's name, in its options, elsewhere in the record."""
_GENERIC = frozenset(_folded(GENERIC))
_AS_CLEAR = 0.75
"""Share of the best item's weight at which another item of the record is meant as much."""


@dataclass(frozen=True, slots=True)
class Named:
    """How clearly a question names one record, and which of its items."""

    weight: float
    items: tuple[OrderItem, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """The telling words of a question, and the last of each run of them ("espresso *machine*").

    ``by_kind`` says that one of them would elsewhere name a kind of record: a phone *case*.
    """

    words: frozenset[str]
    last: frozenset[str]
    by_kind: bool = False

    @classmethod
    def of(
        cls, text: str, phrases: Sequence[str] = (), heads: frozenset[str] = frozenset()
    ) -> Self:
        """Return the topic of ``text``, leaving out ``phrases`` that say when.

        A generic word is telling all the same where it is among ``heads``: to whoever bought a
        phone case, "case" is a thing.
        """
        plain = plain_apostrophes(text.lower())
        for phrase in phrases:
            plain = plain.replace(plain_apostrophes(phrase.lower()), " , ")
        runs = [
            run
            for clause in re.split(r"[^\w\s'.#-]|\.\s", plain)
            for run in _runs(_stems(clause), _GENERIC - heads)
        ]
        words = frozenset(word for run in runs for word in run)
        return cls(words, frozenset(run[-1] for run in runs), bool(words & _GENERIC))

    def names(self, record: Record, things: Mapping[str, tuple[OrderItem, ...]]) -> Named | None:
        """Return how clearly the topic names ``record``; None where it does not.

        Args:
            record: what may be meant.
            things: the items of each order, by order number; a refund is often told without them.
        """
        items = items_of(record) or things.get(order_key(getattr(record, "order_id", "")), ())
        weights = [(item, self._item_weight(item)) for item in items]
        best = max((value for _, value in weights), default=0.0)
        title = self._name_weight(_title(record)) if not items else 0.0
        text = frozenset(word for event in record.events for word in _words(event.rendering))
        beyond = _TEXT * len(self.words & text) if self.last & text else 0.0
        weight = max(best, title, beyond)
        if weight <= 0:
            return None
        meant = [item for item, value in weights if value and value >= _AS_CLEAR * best]
        return Named(weight, tuple(meant))

    def _item_weight(self, item: OrderItem) -> float:
        named = self._name_weight(item.name)
        options = {word for _, value in item.options for word in _words(value)}
        chosen = _OPTION * len(self.words & options)
        return named + chosen if named or self.last & options else 0.0

    def _name_weight(self, name: str) -> float:
        """Count the words of ``name`` that are said, if one of them says what it is."""
        shared = self.words & frozenset(_words(name))
        telling = shared & (self.last | _head(name))
        return _NAME * len(shared) if telling else 0.0


def _stems(clause: str) -> list[str]:
    """Return the stems of ``clause`` with an empty one for each word without any."""
    return [
        "" if _PARTICIPLE.fullmatch(word) else term
        for word in clause.split()
        for term in _words(word) or [""]
    ]


def _words(text: str) -> list[str]:
    return _folded(terms(text))


def _runs(words: Sequence[str], generic: frozenset[str]) -> list[list[str]]:
    """Cut ``words`` where a generic one stands; numbers of one or two digits are generic too."""
    runs: list[list[str]] = [[]]
    for word in words:
        if not word or word in generic or (word.isdigit() and len(word) < 3):
            runs.append([])
        else:
            runs[-1].append(word)
    return [run for run in runs if run]


def _title(record: Record) -> str:
    if isinstance(record, Subscription):
        return record.name
    return record.topic or "" if isinstance(record, Case) else ""


def _head(name: str) -> frozenset[str]:
    """Return the word of a product's name that says what kind of thing it is: the last real one."""
    plain = re.sub(r"\([^)]*\)", " ", name.lower())
    words = [w for w in re.findall(r"[^\W\d_]{3,}", plain) if w not in NO_HEAD]
    return frozenset(_words(words[-1])) if words else frozenset()


def heads_of(records: Sequence[Record]) -> frozenset[str]:
    """Return the words that say what kind of thing each product of ``records`` is."""
    names = {item.name for record in records for item in items_of(record)}
    return frozenset(word for name in names for word in _head(name))


def things_of(records: Sequence[Record]) -> dict[str, tuple[OrderItem, ...]]:
    """Return the items of every order among ``records``, by order number."""
    return {order_key(order.order_id): order.items for order in records if isinstance(order, Order)}
