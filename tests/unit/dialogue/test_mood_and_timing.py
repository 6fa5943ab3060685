"""A why-question comes after help, at a good moment, and never to somebody who is upset."""

from dataclasses import replace
from itertools import product

import pytest
from tests.profile_parts import MARKET

from assistant.dialogue.mood import is_upset
from assistant.dialogue.question_timing import QuestionFinder, QuestionMoment, may_ask
from assistant.profile.pack.loading import load_pack
from assistant.profile.questions.choice import NOTHING_ASKED, AskedBefore, Situation

HELPED = QuestionMoment(
    signed_in=True,
    state="answered",
    upset=False,
    withheld=False,
    open_offers=0,
    person_asked=False,
    asked_before=False,
)
UPSET = [
    "This is ridiculous, where is my parcel",
    "I am so angry",
    "Still no answer. I'm fed up.",
    "WHERE IS MY ORDER",
    "Hello??? anybody there!!",
    "you are useless",
    "that's the third time it breaks",
    "I'm really disappointed with the pan",
    "nobody answered my mail",
    "The kettle burned me",
]
AT_EASE = [
    "Where is my order?",
    "Thanks, that helps!",
    "It is too loud for my flat.",
    "How do I descale the Alder kettle?",
    "Do you have a DHL locker or a PIN for the door?",
    "I returned it because the lid leaks.",
    "never mind",
    "Which vacuum is the quietest?",
]


@pytest.mark.parametrize("text", UPSET)
def test_upset_words_are_heard(text: str) -> None:
    assert is_upset(["Where is my parcel?", text])


@pytest.mark.parametrize("text", AT_EASE)
def test_plain_words_are_not_taken_for_upset(text: str) -> None:
    assert not is_upset([text])


def test_somebody_who_was_helped_may_be_asked() -> None:
    assert may_ask(HELPED).ask


@pytest.mark.parametrize(
    ("moment", "because"),
    [
        (replace(HELPED, signed_in=False), "nobody is signed in"),
        (replace(HELPED, state="abstained"), "the question is not answered"),
        (replace(HELPED, state="handoff"), "a person is wanted"),
        (replace(HELPED, person_asked=True), "a person is wanted"),
        (replace(HELPED, upset=True), "the customer is upset"),
        (replace(HELPED, withheld=True), "what might have helped is not open"),
        (replace(HELPED, open_offers=2), "the reply leaves a choice open"),
        (replace(HELPED, degraded=True), "part of the knowledge is missing"),
        (replace(HELPED, asked_before=True), "this conversation had its question"),
        (replace(HELPED, state="chatting"), "nothing was helped with yet"),
    ],
)
def test_question_waits_for_a_good_moment(moment: QuestionMoment, because: str) -> None:
    timing = may_ask(moment)

    assert not timing.ask
    assert timing.because == because


def test_volunteered_reason_may_be_offered_in_small_talk_but_not_to_the_upset() -> None:
    told = replace(HELPED, state="chatting", volunteered=True)

    assert may_ask(told).ask
    assert not may_ask(replace(told, upset=True)).ask


def test_one_obstacle_is_enough_whatever_else_holds() -> None:
    flags = ("upset", "withheld", "person_asked", "asked_before", "degraded")
    for standing in product((False, True), repeat=len(flags)):
        moment = replace(HELPED, **dict(zip(flags, standing, strict=True)))
        assert may_ask(moment).ask is not any(standing)


def test_nothing_is_proposed_where_no_question_fits_the_conversation() -> None:
    finder = QuestionFinder(load_pack(MARKET).questions)

    vacuum, leak = Situation("How do I return a vacuum?", "en"), Situation("It leaks.", "en")
    never = AskedBefore(preference="never")
    every = AskedBefore(silenced=frozenset(question.id for question in load_pack(MARKET).questions))

    assert finder.find(Situation("When do you open?", "en"), None, NOTHING_ASKED) is None
    assert finder.find(vacuum, None, NOTHING_ASKED) is not None
    assert finder.find(vacuum, None, never) is None
    assert finder.find(vacuum, None, every) is None
    assert finder.find(leak, "It leaks.", NOTHING_ASKED) is not None
    assert finder.find(leak, "It leaks.", never) is None
