from dataclasses import replace
from itertools import product

import pytest

from assistant.dialogue.policy import Access, Decision, TurnState, decide
from assistant.dialogue.understanding import Understanding

OWN = Understanding(None, own=True, general=False, follow_up=False, aspects=("status",))
GENERAL = Understanding(None, own=False, general=True, follow_up=False, aspects=())
BOTH = replace(OWN, general=True, aspects=("returned",))
DEED = replace(OWN, deeds=True)

OPEN = TurnState(
    asked=OWN,
    access="open",
    records=0,
    clear=True,
    withheld=False,
    history_empty=False,
    knowledge=0.1,
    threshold=0.5,
)
KNOWN = replace(OPEN, knowledge=0.9)


def test_general_question_is_answered_from_a_passage_that_is_likely_enough() -> None:
    decision = decide(replace(KNOWN, asked=GENERAL))

    assert decision.move == "answer"
    assert decision.use_knowledge
    assert not decision.use_records


def test_general_question_is_not_answered_below_the_threshold() -> None:
    decision = decide(replace(OPEN, asked=GENERAL))

    assert decision == Decision("abstain", decision.because)


def test_the_threshold_itself_is_enough() -> None:
    assert decide(replace(OPEN, asked=GENERAL, knowledge=0.5)).move == "answer"


def test_record_that_fits_is_told_without_articles() -> None:
    decision = decide(replace(KNOWN, records=1))

    assert decision.move == "answer"
    assert decision.use_records
    assert not decision.use_knowledge


def test_instructions_for_what_was_spoken_of_are_answered_without_telling_the_record_again() -> (
    None
):
    asked = replace(GENERAL, follow_up=True)

    known = decide(replace(KNOWN, asked=asked, records=1))
    unknown = decide(replace(OPEN, asked=asked, records=1))

    assert known.use_knowledge
    assert not known.use_records
    assert unknown.use_records


def test_own_and_general_question_gets_the_record_and_the_rule() -> None:
    decision = decide(replace(KNOWN, asked=BOTH, records=1))

    assert decision.use_records
    assert decision.use_knowledge


def test_record_of_another_kind_comes_with_the_rule_and_with_what_is_withheld() -> None:
    decision = decide(replace(KNOWN, records=1, beside=True, withheld=True))

    assert decision.use_records
    assert decision.use_knowledge
    assert decision.offer_consent


def test_nothing_asked_of_a_record_is_left_to_the_articles() -> None:
    complaint = replace(OWN, aspects=())

    decision = decide(replace(KNOWN, asked=complaint, records=2))
    unknown = decide(replace(OPEN, asked=complaint, records=2))

    assert decision.use_knowledge
    assert not decision.use_records
    assert unknown.use_records


def test_many_records_that_fit_alike_are_asked_back_about() -> None:
    decision = decide(replace(OPEN, records=5, clear=False))

    assert decision.move == "clarify"
    assert decision.use_records


@pytest.mark.parametrize(("access", "consent"), [("not_allowed", True), ("not_signed_in", False)])
def test_closed_history_is_said_and_the_one_next_step_offered(
    access: Access,
    consent: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    decision = decide(replace(OPEN, access=access, withheld=True))

    assert decision.move == "abstain"
    assert decision.offer_consent is consent
    assert decision.offer_sign_in is not consent


def test_rule_alone_needs_no_offer() -> None:
    decision = decide(replace(KNOWN, asked=BOTH, access="not_allowed", withheld=True))

    assert decision.use_knowledge
    assert not decision.offer_consent


def test_category_that_is_not_open_is_offered_beside_an_open_history() -> None:
    assert decide(replace(OPEN, withheld=True)).offer_consent


def test_what_is_missing_is_told_apart() -> None:
    assert decide(OPEN).shortage == "none_fit"
    assert decide(replace(OPEN, none_in_time=True)).shortage == "none_in_time"
    assert decide(replace(OPEN, history_empty=True)).shortage == "none_stored"


def test_no_article_tells_what_the_customer_did() -> None:
    assert decide(replace(KNOWN, asked=DEED)).move == "abstain"
    assert decide(replace(KNOWN, asked=DEED, access="not_signed_in")).move == "abstain"


def test_follow_up_about_records_is_not_called_a_gap_of_the_articles() -> None:
    follow_up = replace(GENERAL, general=False, follow_up=True)

    assert decide(replace(OPEN, asked=follow_up)).shortage == "none_fit"
    assert decide(replace(OPEN, asked=follow_up, access="not_allowed")).shortage == "none"


def test_help_from_knowledge_is_never_withheld_for_want_of_consent() -> None:
    """Whatever is asked: who allows nothing gets at least the articles that others get."""
    kinds = product((True, False), repeat=4)
    questions = [
        replace(OWN, own=own, general=general, follow_up=follow_up, deeds=deeds)
        for own, general, follow_up, deeds in kinds
    ]
    levels = (0.0, 0.49, 0.5, 1.0)
    closed: tuple[Access, ...] = ("not_allowed", "not_signed_in")
    for question, knowledge, access in product(questions, levels, closed):
        allowed = replace(OPEN, asked=question, knowledge=knowledge)
        refused = replace(allowed, access=access, withheld=True)

        assert decide(refused).use_knowledge == decide(allowed).use_knowledge


def test_every_decision_says_why() -> None:
    assert decide(OPEN).because
    assert decide(KNOWN).because
