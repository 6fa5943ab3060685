"""Confirmed facts in an answer: said back where they fit the advice that is asked for.

Opened only under a grant of ``answer_from_history`` that covers stated reasons, only when advice is
asked for, and at most one is told. A fact fits when it shares a word with the question, or when the
question names something of which the why-question behind the fact says that it helps.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from assistant.dialogue.answering import Draft
from assistant.dialogue.phrases import Phrases
from assistant.dialogue.turns import Citation, Sentence, UsedItem
from assistant.profile.consent.grants import Grant
from assistant.profile.pack.question_catalogue import REASONS
from assistant.retrieval.terms import question_terms

_ADVICE = re.compile(
    r"\b(recommend\w*|advi[cs]e|suggest\w*|suit(s|able|ed)?|which|best|better|good for|right for|"
    r"should (i|we) (get|buy|take|choose|use|pick)|choose|choice|looking for|compare|instead|"
    r"quiet\w*|noisy|loud\w*|light(er|est|weight)|small(er|est)|cheap(er|est)|alternative)\b"
)
_NO_SUBJECT = frozenset(
    question_terms("flat home house kitchen one use buy good best better big small")
)
"""Stems that many facts and many questions share without being about the same thing."""


@dataclass(frozen=True, slots=True)
class UsableFact:
    """A confirmed fact as it may be told; ``subjects`` are words of what it helps with."""

    fact_id: str
    question_id: str
    statement: str = field(repr=False)
    valid_from: datetime
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UsableFacts:
    """The facts that may be used in this turn, and the grant they were opened under."""

    grant: Grant
    facts: tuple[UsableFact, ...]


def asks_advice(text: str) -> bool:
    """Whether ``text`` asks for advice, where a reason of the customer's may help."""
    return bool(_ADVICE.search(text.lower()))


def tell_fact(draft: Draft, text: str, usable: UsableFacts, phrases: Phrases) -> Draft:
    """Return ``draft`` with the fact that fits ``text`` said beside the answer, if one does."""
    fact = choose_fact(text, usable.facts)
    if fact is None or draft.state != "answered":
        return draft
    said = phrases.say("told_us", statement=fact.statement)
    cited = Citation(fact.fact_id, "fact", fact.statement, fact.question_id)
    return replace(
        draft,
        sentences=(*draft.sentences, Sentence("\n" + said, (fact.fact_id,))),
        citations=(*draft.citations, cited),
        used=(*draft.used, UsedItem(fact.fact_id, REASONS, usable.grant.purpose)),
    )


def choose_fact(text: str, facts: Sequence[UsableFact]) -> UsableFact | None:
    """Return the fact that has most in common with ``text``; the newest of equals."""
    subjects = frozenset(question_terms(text)) - _NO_SUBJECT

    def shared(fact: UsableFact) -> int:
        named = question_terms(" ".join((fact.statement, *fact.subjects)))
        return len(subjects.intersection(named))

    best = max(facts, key=lambda fact: (shared(fact), fact.valid_from), default=None)
    return best if best is not None and shared(best) else None
