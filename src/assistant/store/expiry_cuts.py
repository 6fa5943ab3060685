"""How an erasure that nobody asked for by its scope names what it is about.

Its target is a short text of ids, categories and times: what has expired, or which words of a fact
were corrected.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, false, or_

from assistant.store.tables.catalogue import table_of
from assistant.store.tables.history import EventRow

_E = table_of(EventRow)


def expired_target(cuts: Mapping[str, int]) -> str:
    """Return how an erasure of what has expired names what that is.

    ``cuts`` says for each category before when (milliseconds since 1970) its rows go.
    """
    return " ".join(f"{category}<{cut}" for category, cut in sorted(cuts.items()))


def cuts_of(target: str) -> dict[str, int]:
    """Return what ``expired_target`` was given."""
    return {category: int(cut) for category, _, cut in (p.partition("<") for p in target.split())}


def expired_events(cuts: Mapping[str, int]) -> ColumnElement[bool]:
    """Return the condition of events that happened before the cut of their category."""
    return or_(
        false(),
        *(
            and_(_E.c.category == category, _E.c.time < cut)
            for category, cut in sorted(cuts.items())
        ),
    )


def old_words_target(fact_id: str, confirmation: int) -> str:
    """Return how an erasure of corrected words names them: the fact, as it was once confirmed."""
    return f"{fact_id}#{confirmation}"


def old_words_of(target: str) -> tuple[str, int]:
    """Return what ``old_words_target`` was given."""
    fact_id, _, confirmation = target.partition("#")
    return fact_id, int(confirmation)
