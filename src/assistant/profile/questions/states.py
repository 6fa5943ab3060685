"""Where a why-question stands, read off the steps that were taken; pure.

``PROPOSED → DISCLOSED → ASKED → ANSWERED | DECLINED | EXPIRED`` and
``ANSWERED → CONFIRMED → STORED → USED → CORRECTED | WITHDRAWN``. A confirmation stores in the same
transaction, so CONFIRMED is passed through and seen among the steps; a confirmed question whose
fact is gone was withdrawn.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assistant.store.question_records import QuestionRecord
from assistant.store.uses import ItemUses


class QuestionState(StrEnum):
    """The closed set of states."""

    PROPOSED = "proposed"
    DISCLOSED = "disclosed"
    ASKED = "asked"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    STORED = "stored"
    USED = "used"
    CORRECTED = "corrected"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


OPEN = frozenset(
    {
        QuestionState.PROPOSED,
        QuestionState.DISCLOSED,
        QuestionState.ASKED,
        QuestionState.ANSWERED,
    }
)
"""States in which the next step may still be taken."""


@dataclass(frozen=True, slots=True)
class Step:
    """A state that was reached, and when."""

    state: QuestionState
    at: datetime


def state_of(
    question: QuestionRecord, *, now: datetime, uses: ItemUses | None = None
) -> QuestionState:
    """Return where the question stands; ``uses`` are those of its fact."""
    if question.ending is not None:
        return QuestionState(question.ending)
    if question.fact_id is not None:
        return _state_of_fact(question, uses)
    if question.confirmations:
        return QuestionState.WITHDRAWN
    if now >= question.expires_at:
        return QuestionState.EXPIRED
    if question.answer is not None:
        return QuestionState.ANSWERED
    if question.asking is not None:
        return QuestionState.ASKED
    return QuestionState.PROPOSED if question.showing is None else QuestionState.DISCLOSED


def _state_of_fact(question: QuestionRecord, uses: ItemUses | None) -> QuestionState:
    latest = question.confirmations[-1]
    used_since = uses is not None and uses.last >= latest.confirmed_at
    if latest.kind == "corrected" and not used_since:
        return QuestionState.CORRECTED
    return QuestionState.USED if used_since else QuestionState.STORED


def steps_of(
    question: QuestionRecord, *, now: datetime, uses: ItemUses | None = None
) -> tuple[Step, ...]:
    """Return every state the question reached, in the order of the steps."""
    steps = [Step(QuestionState.PROPOSED, question.proposed_at)]
    if question.showing:
        steps.append(Step(QuestionState.DISCLOSED, question.showing.shown_at))
    if question.asking:
        steps.append(Step(QuestionState.ASKED, question.asking.asked_at))
    if question.answer:
        steps.append(Step(QuestionState.ANSWERED, question.answer.answered_at))
    for confirmation in question.confirmations:
        if confirmation.kind == "corrected":
            steps.append(Step(QuestionState.CORRECTED, confirmation.confirmed_at))
        else:
            steps.append(Step(QuestionState.CONFIRMED, confirmation.confirmed_at))
            steps.append(Step(QuestionState.STORED, confirmation.confirmed_at))
    if uses is not None:
        steps.append(Step(QuestionState.USED, uses.last))
    if ended := _ended(question, now):
        steps.append(ended)
    return tuple(steps)


def _ended(question: QuestionRecord, now: datetime) -> Step | None:
    if question.ending is not None and question.ended_at is not None:
        return Step(QuestionState(question.ending), question.ended_at)
    if not question.confirmations and now >= question.expires_at:
        return Step(QuestionState.EXPIRED, question.expires_at)
    return None
