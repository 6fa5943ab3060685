"""Where a question stands follows from its steps alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assistant.profile.questions.states import QuestionState, state_of, steps_of
from assistant.store.question_records import (
    Answer,
    Asking,
    Confirmation,
    QuestionRecord,
    Showing,
)
from assistant.store.uses import ItemUses

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
END = START + timedelta(days=7)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


PROPOSED = QuestionRecord(
    question_id="q",
    purpose="learn_why",
    version=1,
    origin="catalogue",
    catalogue_question="noise_at_home",
    conversation_id=None,
    proposed_at=START,
    expires_at=END,
    ending=None,
    ended_at=None,
    proposal=None,
    showing=None,
    asking=None,
    answer=None,
    confirmations=(),
    fact_id=None,
)
DISCLOSED = replace(PROPOSED, showing=Showing("en", "a" * 64, "chat", at(1)))
ASKED = replace(DISCLOSED, asking=Asking("b" * 64, "en", at(2)))
ANSWERED = replace(ASKED, answer=Answer(b"t", at(3), "words"))
CONFIRMED = Confirmation(1, "confirmed", b"t", "chat", at(4))
CORRECTED = Confirmation(2, "corrected", b"u", "chat", at(6))
STORED = replace(ANSWERED, confirmations=(CONFIRMED,), fact_id="f")
ANEW = replace(STORED, confirmations=(CONFIRMED, CORRECTED))


@pytest.mark.parametrize(
    ("record", "uses", "state"),
    [
        (PROPOSED, None, "proposed"),
        (DISCLOSED, None, "disclosed"),
        (ASKED, None, "asked"),
        (ANSWERED, None, "answered"),
        (STORED, None, "stored"),
        (STORED, ItemUses(2, at(5)), "used"),
        (ANEW, ItemUses(2, at(5)), "corrected"),
        (ANEW, None, "corrected"),
        (ANEW, ItemUses(3, at(7)), "used"),
        (replace(STORED, fact_id=None), None, "withdrawn"),
        (replace(ASKED, ending="declined", ended_at=at(5)), None, "declined"),
        (replace(ASKED, ending="expired", ended_at=END), None, "expired"),
        (replace(ASKED, ending="withdrawn", ended_at=at(5)), None, "withdrawn"),
    ],
)
def test_state_follows_from_the_last_step(
    record: QuestionRecord, uses: ItemUses | None, state: str
) -> None:
    assert state_of(record, now=at(10), uses=uses) is QuestionState(state)


@pytest.mark.parametrize("record", [PROPOSED, DISCLOSED, ASKED, ANSWERED])
def test_an_open_question_expires_at_its_time(record: QuestionRecord) -> None:
    before = state_of(record, now=END - timedelta(seconds=1))

    assert before is not QuestionState.EXPIRED
    assert state_of(record, now=END) is QuestionState.EXPIRED
    assert steps_of(record, now=END)[-1].state is QuestionState.EXPIRED


def test_a_stored_fact_does_not_expire_with_its_question() -> None:
    assert state_of(STORED, now=END + timedelta(days=99)) is QuestionState.STORED


def test_every_state_that_was_reached_is_among_the_steps() -> None:
    steps = steps_of(ANEW, now=at(10), uses=ItemUses(1, at(7)))

    assert [(step.state.value, step.at) for step in steps] == [
        ("proposed", START),
        ("disclosed", at(1)),
        ("asked", at(2)),
        ("answered", at(3)),
        ("confirmed", at(4)),
        ("stored", at(4)),
        ("corrected", at(6)),
        ("used", at(7)),
    ]
