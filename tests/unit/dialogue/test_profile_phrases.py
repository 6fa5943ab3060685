"""The messages about one's own data and the code that speaks from them agree."""

import re
from pathlib import Path
from string import Formatter

import pytest
from tests.profile_parts import MARKET

import assistant.dialogue
from assistant.core.actor import Role
from assistant.dialogue.phrases import Phrases, load_phrases
from assistant.profile.pack.loading import load_pack

CODE = Path(assistant.dialogue.__file__).parent
SPEAKERS = ("profile_answers.py", "profile_summary.py", "profile_turns.py")
WHOLE = ("conversation", "all_data", "everything")
THINGS = ("item", "message", "conversation", "answer", "time")
PUT_TOGETHER = {
    *(f"forget_ask_{scope}" for scope in WHOLE),
    *(f"forget_done_{scope}" for scope in WHOLE),
    *(f"{stop}_{end}" for stop in ("stop", "stop_all") for end in ("done", "noted")),
    *(f"one_{thing}" for thing in THINGS),
    *(f"many_{thing}s" for thing in THINGS),
    "forget_done",
    "never_why_done",
    "never_why_visitor",
}
_NAMES = (
    "what label count categories conversations messages title benefit example if_refused who why "
    "times day purposes purpose id token number"
)
GIVEN = dict.fromkeys(re.findall(r"\w+", _NAMES), "x")


@pytest.fixture
def phrases() -> Phrases:
    return load_phrases("profile.en", {})


def _optional(phrases: Phrases) -> set[str]:
    return {key for key in phrases.texts if key.startswith(("what_", "saw_for_", "who_"))}


def test_every_key_that_is_used_exists_and_none_is_idle(phrases: Phrases) -> None:
    texts = "\n".join((CODE / name).read_text("utf-8") for name in SPEAKERS)
    said = set(re.findall(r"""say\(\s*["']([a-z_]+)["']""", texts)) | PUT_TOGETHER

    assert said - set(phrases.texts) == set()
    assert set(phrases.texts) - said - _optional(phrases) == set()


def test_every_role_and_every_category_has_its_words(phrases: Phrases) -> None:
    categories = load_pack(MARKET).categories.ids - {"driving", "jobs"}

    assert {f"who_{role.value}" for role in Role} <= set(phrases.texts)
    assert {f"what_{name}" for name in categories} <= set(phrases.texts)


def test_every_placeholder_is_filled(phrases: Phrases) -> None:
    for key, text in phrases.texts.items():
        asked_for = {name for _, name, _, _ in Formatter().parse(text) if name}
        assert asked_for <= set(GIVEN), key
        assert "{" not in phrases.say(key, **GIVEN)
