from itertools import chain

import numpy as np
import pytest
import yaml
from tests.profile_parts import MARKET

from assistant.dialogue.small_talk import (
    SmallTalk,
    SmallTalkExamples,
    example_texts,
    match_form,
    match_meaning,
)

FORMS: list[tuple[str, SmallTalk]] = [
    ("Hi", "greeting"),
    ("hello there!", "greeting"),
    ("Good morning", "greeting"),
    ("Hi, how are you?", "how_are_you"),
    ("how are you doing today", "how_are_you"),
    ("thanks", "thanks"),
    ("ok, thank you so much!!", "thanks"),
    ("Great, thanks for your help", "thanks"),
    ("bye", "goodbye"),
    ("ok bye for now", "goodbye"),
    ("Yes, please.", "agreed"),
    ("ok", "agreed"),
    ("no thanks", "declined"),
    ("No, that\u2019s all", "declined"),
    ("are you a bot?", "bot"),
    ("Am I talking to a real human?", "bot"),
    ("who are you", "bot"),
    ("What can you do?", "capabilities"),
    ("help", "capabilities"),
    ("talk to a person", "handoff"),
    ("Can I speak to someone please?", "handoff"),
    ("I\u2019d like to talk to a human", "handoff"),
    ("agent", "handoff"),
]
QUESTIONS = [
    "hi, where is my order?",
    "thanks, and when will it come?",
    "are you open on Sunday?",
    "yes, but when does it come?",
    "no parcel came today",
    "help me return my kettle",
    "can someone collect my parcel for me",
    "do I need to talk to the driver?",
    "okay so what is the fee",
    "",
    "🙂",
]


def _pack_questions() -> list[str]:
    files = sorted((MARKET / "tests").glob("questions_*.yaml"))
    entries = chain.from_iterable(yaml.safe_load(file.read_text("utf-8")) for file in files)
    return [entry["question"] for entry in entries]


@pytest.mark.parametrize(("text", "kind"), FORMS)
def test_what_says_nothing_but_small_talk_is_small_talk(text: str, kind: SmallTalk) -> None:
    assert match_form(text) == kind


@pytest.mark.parametrize("text", QUESTIONS)
def test_what_says_more_is_no_small_talk(text: str) -> None:
    assert match_form(text) is None


def test_no_question_of_the_pack_is_taken_for_small_talk_but_the_two_that_are() -> None:
    questions = _pack_questions()

    assert len(questions) > 100
    assert {question: match_form(question) for question in questions if match_form(question)} == {
        "am i talking to a robot": "bot",
        "give me a real human please": "handoff",
    }


def _examples() -> SmallTalkExamples:
    return SmallTalkExamples(("thanks", "handoff"), np.eye(2, 3, dtype=np.float32))


def _unit(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


def test_what_means_nearly_the_same_as_an_example_is_small_talk() -> None:
    assert match_meaning("much obliged", _unit(1, 0, 0.3), _examples()) == "thanks"
    assert match_meaning("get me your boss", _unit(0, 1, 0.3), _examples()) == "handoff"


def test_what_means_something_else_is_none() -> None:
    assert match_meaning("where is it", _unit(0.5, 0.5, 1), _examples()) is None


def test_long_texts_are_never_small_talk_by_meaning() -> None:
    long_text = "thank you very much for the kettle but " + "it leaks and " * 5

    assert match_meaning(long_text, _unit(1, 0, 0), _examples()) is None


def test_without_examples_nothing_is_small_talk_by_meaning() -> None:
    none = SmallTalkExamples((), np.zeros((0, 3), np.float32))

    assert match_meaning("thank you", _unit(1, 0, 0), none) is None


def test_every_example_has_a_kind() -> None:
    kinds, texts = example_texts()

    assert len(kinds) == len(texts) > 5
