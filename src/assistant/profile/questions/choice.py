"""Which why-question is worth asking now: the one with the highest value to the customer; pure.

The value of a question is how much better its answer makes later help (``gain``, which the authors
of the pack set), times how near it is to what the customer is about right now. What the company
would like to know plays no part.
"""

import re
from dataclasses import dataclass, field

from assistant.profile.pack.question_catalogue import CatalogueQuestion, QuestionCatalogue

_MOST_WORDS = 3
"""More words of one conversation that fit do not make a question more relevant."""

_EVENT = 2
_JOB = 2


@dataclass(frozen=True, slots=True)
class Situation:
    """What the conversation at hand is about.

    ``text`` is what the customer said in it, ``events`` are the types of the records that answered,
    ``open_jobs`` what the customer is getting done (the ids that questions name in ``helps``).
    """

    text: str = field(repr=False)
    lang: str
    events: frozenset[str] = frozenset()
    open_jobs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """What stands against asking: the customer's preference and what was asked already.

    ``silenced`` and ``answered`` are ids of catalogue questions; ``conversations`` those that had
    their one question.
    """

    preference: str = "ask"
    silenced: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()
    conversations: frozenset[str] = frozenset()


NOTHING_ASKED = AskedBefore()


def choose_question(
    catalogue: QuestionCatalogue, situation: Situation, asked: AskedBefore
) -> CatalogueQuestion | None:
    """Return the question worth most to the customer now, None where none is worth asking."""
    if asked.preference == "never":
        return None
    ruled_out = asked.silenced | asked.answered
    open_ones = [question for question in catalogue if question.id not in ruled_out]
    best = max(open_ones, key=lambda question: value_of(question, situation), default=None)
    return best if best is not None and value_of(best, situation) > 0 else None


def value_of(question: CatalogueQuestion, situation: Situation) -> int:
    """Return what an answer would be worth to this customer; 0 where it is beside the point."""
    text = situation.text.casefold()
    words = question.words.get(situation.lang) or question.words.get("en", ())
    near = min(sum(_mentions(text, word) for word in words), _MOST_WORDS)
    near += _EVENT * bool(question.events & situation.events)
    near += _JOB * len(question.helps & situation.open_jobs)
    return question.gain * near


def _mentions(text: str, word: str) -> bool:
    """Whether a word of ``text`` begins with ``word``: "vacuum" is in "the vacuums"."""
    return word in text and re.search(rf"\b{re.escape(word)}", text) is not None
