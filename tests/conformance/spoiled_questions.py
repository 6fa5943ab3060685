"""Servers that ask, keep or hold on to reasons in ways the protocol forbids."""

from dataclasses import replace

import pytest
from tests.conformance.mutants import Mutants, Value, around, nothing
from tests.conformance.spoiled_gate import let_withdrawn_stay

from assistant.dialogue import responder
from assistant.dialogue.profile_requests import ProfileRequest
from assistant.profile.questions import facts, views
from assistant.profile.questions.cards import Card, CardShown
from assistant.profile.questions.facts import Facts
from assistant.profile.questions.views import Confirming
from assistant.profile.questions.why_questions import CHANNEL, WhyQuestions

QUESTIONS = Mutants()


def _acknowledged(card: Card) -> CardShown:
    """Return what a widget would send that shows the card of today."""
    return CardShown(card.version, card.text_sha256, card.lang, CHANNEL)


@QUESTIONS.add("an answer is taken before the card was shown", "questions.card_first")
def _answer_without_card(patch: pytest.MonkeyPatch) -> None:
    def answer(
        original: Value, asking: WhyQuestions, *key: Value, at: Value, **more: Value
    ) -> Value:
        connection, customer_id, question_id, words = key
        named = (connection, customer_id, question_id)
        view = asking.get_question(*named, lang="en", now=at)
        asking.disclose(*named, _acknowledged(view.card), at=at)
        asking.ask(*named, lang="en", at=at)
        return original(asking, *named, words, at=at, **more)

    around(patch, WhyQuestions, "answer", answer)


@QUESTIONS.add("any acknowledgement counts as the card's", "questions.right_card")
def _take_any_card(patch: pytest.MonkeyPatch) -> None:
    def disclose(original: Value, asking: WhyQuestions, *key: Value, at: Value) -> Value:
        connection, customer_id, question_id, shown = key
        named = (connection, customer_id, question_id)
        card = asking.get_question(*named, lang=shown.lang, now=at).card
        return original(asking, *named, _acknowledged(card), at=at)

    around(patch, WhyQuestions, "disclose", disclose)


@QUESTIONS.add(
    "an answer is stored as a fact at once",
    "questions.nothing_before_confirm",
    "questions.socket",
)
def _store_answers(patch: pytest.MonkeyPatch) -> None:
    def answer(
        original: Value, asking: WhyQuestions, *key: Value, at: Value, **more: Value
    ) -> Value:
        view = original(asking, *key, at=at, **more)
        asking.confirm(*key, Confirming(at, CHANNEL))
        return view

    around(patch, WhyQuestions, "answer", answer)


@QUESTIONS.add("other words are kept than were confirmed", "questions.exact_words")
def _improve_words(patch: pytest.MonkeyPatch) -> None:
    def confirm(original: Value, asking: WhyQuestions, *key: Value) -> Value:
        *named, words, confirming = key
        return original(asking, *named, f"{words}, they said", confirming)

    around(patch, WhyQuestions, "confirm", confirm)


@QUESTIONS.add("a fact has no time before it ends", "questions.expires")
def _never_expire(patch: pytest.MonkeyPatch) -> None:
    original = facts.view_of_fact

    def view(*arguments: Value) -> Value:
        shown = original(*arguments)
        return replace(shown, expires_at=shown.valid_from)

    patch.setattr(facts, "view_of_fact", view)


@QUESTIONS.add("a no is not taken for an answer", "questions.decline")
def _ignore_no(patch: pytest.MonkeyPatch) -> None:
    def decline(
        original: Value, asking: WhyQuestions, *key: Value, at: Value, lang: str = "en"
    ) -> Value:
        del original
        return asking.get_question(*key, lang=lang, now=at)

    around(patch, WhyQuestions, "decline", decline)


@QUESTIONS.add("a correction is acknowledged and not made", "facts.corrected")
def _ignore_correction(patch: pytest.MonkeyPatch) -> None:
    def correct(original: Value, kept: Facts, *key: Value, at: Value, **more: Value) -> Value:
        del original, more
        return kept.get_fact(*key[:3], now=at)

    around(patch, Facts, "correct", correct)


@QUESTIONS.add("facts outlive the consent that let them be kept", "facts.withdrawn")
def _keep_withdrawn(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Facts, "withdraw", lambda *arguments, **named: 0)
    let_withdrawn_stay(patch)


@QUESTIONS.add("a no silences nothing", "chat.no_is_silence")
def _ask_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(views, "_is_silent", lambda record, state, now: False)


@QUESTIONS.add("never is not remembered", "questions.never", "chat.never_is_never")
def _forget_never(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WhyQuestions, "set_preference", nothing)


@QUESTIONS.add("whatever is said confirms a deletion", "chat.yes_to_nothing")
def _take_anything_for_yes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        responder,
        "match_confirmation",
        lambda text, pending: ProfileRequest("forget_confirmed", pending.category),
    )
