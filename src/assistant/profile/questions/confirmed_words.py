"""Words at the moment they are confirmed, and the fact that is made of them."""

from dataclasses import dataclass, field
from datetime import datetime

from assistant.profile.pack.question_catalogue import REASONS
from assistant.store.facts import FactState, NewFact
from assistant.store.question_records import ConfirmationKind, QuestionRecord
from assistant.store.sealed_words import TaggedWords


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Exact words that were confirmed, and how long the fact is kept."""

    words: str = field(repr=False)
    kind: ConfirmationKind
    channel: str
    at: datetime
    expires_at: datetime
    state: FactState = "active"


def new_fact(
    question: QuestionRecord, fact_id: str, seq: int, tagged: TaggedWords, confirmed: Confirmed
) -> NewFact:
    """Return the fact of a confirmation, with the purpose and the card of its question."""
    if question.showing is None:
        raise AssertionError("a fact comes after its card")
    return NewFact(
        fact_id=fact_id,
        question_id=question.question_id,
        confirmation=seq,
        purpose=question.purpose,
        version=question.version,
        text_sha256=question.showing.text_sha256,
        category=REASONS,
        tagged=tagged,
        valid_from=confirmed.at,
        expires_at=confirmed.expires_at,
        state=confirmed.state,
    )
