"""The message file and the code that speaks from it agree, in both directions."""

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from tests.profile_parts import MARKET

import assistant.dialogue
from assistant.dialogue.phrases import Phrases, load_phrases
from assistant.dialogue.record_kinds import Wanted
from assistant.dialogue.small_talk import SmallTalk
from assistant.profile.pack.loading import load_pack

NAMES = {"assistant": "Robin", "shop": "Shop", "hours": "9 to 5", "contact": "help@shop.example"}
GIVEN = {**NAMES, "categories": "orders", "when": "January", "statement": "I like it."}
CODE = Path(assistant.dialogue.__file__).parent


@pytest.fixture
def phrases() -> Phrases:
    return load_phrases("en", NAMES)


PROFILE = ("profile_answers.py", "profile_summary.py", "profile_turns.py")
"""What speaks from the messages about the customer's own data, in a file of their own."""


def _keys_in_code() -> set[str]:
    """Keys written in the code, and those it puts together from closed sets of words."""
    texts = "\n".join(
        file.read_text("utf-8") for file in CODE.glob("*.py") if file.name not in PROFILE
    )
    said = set(re.findall(r'(?:\.say|\.find)\(\s*"([a-z_]+)"', texts))
    said |= set(re.findall(r'"(abstain(?:_\w+)?|handoff_again|reason_heard)"', texts))
    return said | {"no_grant_too", "sign_in_too"} | set(get_args(SmallTalk))


def test_every_key_that_is_used_exists(phrases: Phrases) -> None:
    assert _keys_in_code() <= set(phrases.texts)


def test_every_key_that_exists_is_used(phrases: Phrases) -> None:
    optional = {key for key in phrases.texts if key.startswith(("category_", "beside_"))}

    assert set(phrases.texts) - optional == _keys_in_code()


def test_optional_keys_name_categories_and_kinds_that_there_are(phrases: Phrases) -> None:
    categories = {f"category_{name}" for name in load_pack(MARKET).categories.ids}
    kinds = {f"beside_{name}" for name in get_args(Wanted)}
    optional = {key for key in phrases.texts if key.startswith(("category_", "beside_"))}

    assert optional <= categories | kinds


def test_every_placeholder_is_filled(phrases: Phrases) -> None:
    for key, text in phrases.texts.items():
        asked_for = {name for _, name, _, _ in Formatter().parse(text) if name}
        assert asked_for <= set(GIVEN), key
        assert "{" not in phrases.say(key, **GIVEN)


def test_names_of_the_shop_are_filled_in(phrases: Phrases) -> None:
    assert phrases.say("ai_disclosure") == "I am Robin, the AI assistant of Shop."


def test_missing_key_or_value_is_an_error(phrases: Phrases) -> None:
    with pytest.raises(KeyError):
        phrases.say("no_such_key")
    with pytest.raises(KeyError):
        phrases.say("no_grant")


def test_key_that_may_be_missing_is_none(phrases: Phrases) -> None:
    assert phrases.find("category_of_nothing") is None
    assert phrases.find("category_orders") == "orders"


def test_texts_are_keyed_by_words(phrases: Phrases) -> None:
    """A bare ``yes`` or ``no`` would be read as true or false, and never be found."""
    assert all(isinstance(key, str) for key in phrases.texts)
    assert all(isinstance(text, str) for text in phrases.texts.values())
