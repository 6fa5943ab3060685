"""The question with the highest value to the customer is chosen, and nothing that was ruled out."""

import pytest
from tests.profile_parts import MARKET

from assistant.profile.pack.loading import load_pack
from assistant.profile.pack.question_catalogue import (
    CatalogueQuestion,
    QuestionCatalogue,
    QuestionWords,
)
from assistant.profile.questions.choice import (
    AskedBefore,
    Situation,
    choose_question,
    value_of,
)

CATALOGUE = load_pack(MARKET).questions


def question(name: str, gain: int, *words: str, events: str = "") -> CatalogueQuestion:
    return CatalogueQuestion(
        id=name,
        purpose="learn_why",
        gain=gain,
        helps=frozenset({"advice"}),
        keep_months=12,
        words={"en": words},
        events=frozenset(events.split()),
        texts={"en": QuestionWords("Why?")},
    )


def chosen(text: str, lang: str = "en", **others: frozenset[str]) -> str | None:
    found = choose_question(CATALOGUE, Situation(text, lang, **others), AskedBefore())
    return found.id if found else None


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("Which vacuum is quiet enough for a flat?", "en", "noise_at_home"),
        ("I missed the van, when is the next delivery slot?", "en", "when_at_home"),
        ("A recipe for chickpeas for dinner, please", "en", "cooking_for"),
        ("My espresso is too bitter, how should I grind?", "en", "coffee_taste"),
        ("How do I descale the Alder kettle in hard water?", "en", "water_at_home"),
        ("Der Staubsauger ist zu laut", "de", "noise_at_home"),
        ("Wann kommt die Lieferung? Ich habe das Paket verpasst", "de", "when_at_home"),
        ("What are your opening hours?", "en", None),
        ("", "en", None),
    ],
)
def test_market_asks_what_fits_the_conversation(text: str, lang: str, expected: str | None) -> None:
    assert chosen(text, lang) == expected


def test_a_gain_for_the_customer_outweighs_a_nearer_but_lesser_question() -> None:
    catalogue = QuestionCatalogue(
        {"small": question("small", 1, "kettle", "lid"), "big": question("big", 5, "kettle")}
    )

    found = choose_question(catalogue, Situation("the kettle and its lid", "en"), AskedBefore())

    assert found is not None
    assert found.id == "big"


def test_records_and_open_jobs_make_a_question_relevant() -> None:
    one = question("one", 2, "kettle", events="return.requested")

    beside = value_of(one, Situation("hello", "en"))
    by_event = value_of(one, Situation("hello", "en", events=frozenset({"return.requested"})))
    by_job = value_of(one, Situation("hello", "en", open_jobs=frozenset({"advice"})))

    assert (beside, by_event, by_job) == (0, 4, 4)


def test_words_match_at_their_beginning_only() -> None:
    one = question("one", 1, "fan")

    assert value_of(one, Situation("two Fans, please", "en")) == 1
    assert value_of(one, Situation("an elefant", "en")) == 0


@pytest.mark.parametrize(
    "asked",
    [
        AskedBefore(silenced=frozenset({"noise_at_home"})),
        AskedBefore(answered=frozenset({"noise_at_home"})),
    ],
)
def test_what_was_declined_or_answered_is_not_chosen(asked: AskedBefore) -> None:
    found = choose_question(CATALOGUE, Situation("a quiet vacuum", "en"), asked)

    assert found is None or found.id != "noise_at_home"


def test_never_means_never() -> None:
    asked = AskedBefore(preference="never")

    assert choose_question(CATALOGUE, Situation("a quiet vacuum", "en"), asked) is None


def test_a_language_without_words_is_matched_in_english() -> None:
    assert chosen("vacuum noise", "fr") == "noise_at_home"
