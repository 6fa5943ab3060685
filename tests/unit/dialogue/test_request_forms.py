"""A yes is taken only for what was asked about, and forms alone decide nothing."""

import numpy as np
import pytest

from assistant.core.ids import ConversationId
from assistant.dialogue.category_words import name_category
from assistant.dialogue.example_vectors import NO_EXAMPLES, ExampleVectors, read_examples
from assistant.dialogue.profile_requests import match_confirmation, match_request, plain_text
from assistant.dialogue.reply_codec import decode_reply, encode_reply
from assistant.dialogue.turns import Action, PendingErasure, Reply, Sentence, join_sentences

BROWSING = PendingErasure("browsing", asked_in=3)
FORGET = np.array([1.0, 0.0], np.float32)
SHOP = np.array([0.0, 1.0], np.float32)
TWO = ExampleVectors(("forget", "other"), np.stack([FORGET, SHOP]))


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes, please.",
        "ok",
        "Yes, delete it",
        "yes delete my browsing data please",
        "please do delete them",
        "sure, erase that now",
    ],
)
def test_yes_to_the_deletion_confirms_it(text: str) -> None:
    answer = match_confirmation(text, BROWSING)

    assert answer is not None
    assert (answer.kind, answer.category) == ("forget_confirmed", "browsing")


@pytest.mark.parametrize("text", ["no", "No thanks", "no, keep it", "stop, don't", "never mind"])
def test_no_to_the_deletion_refuses_it(text: str) -> None:
    answer = match_confirmation(text, BROWSING)

    assert answer is not None
    assert answer.kind == "forget_refused"


@pytest.mark.parametrize(
    "text",
    [
        "Yes, delete my orders",
        "yes, delete everything",
        "yes, but where is my order?",
        "delete it",
        "what happens then?",
        "yes I would like a refund",
    ],
)
def test_anything_else_is_no_answer_to_the_deletion(text: str) -> None:
    assert match_confirmation(text, BROWSING) is None


def test_yes_to_everything_is_bound_to_everything() -> None:
    everything = PendingErasure("everything")

    assert match_confirmation("yes, delete everything", everything) is not None
    assert match_confirmation("yes, delete my browsing", everything) is None


def test_form_without_meaning_and_meaning_without_form_are_no_request() -> None:
    assert match_request("Delete my orders", FORGET, TWO) is not None
    assert match_request("Delete my orders", SHOP, TWO) is None
    assert match_request("Delete the lamp", FORGET, TWO) is None
    assert match_request("How do I delete my orders", FORGET, TWO) is None
    assert match_request("Delete my orders", FORGET, NO_EXAMPLES) is None
    assert match_request("Delete my orders " + "and so on " * 9, FORGET, TWO) is None


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("forget the pages I looked at", "browsing"),
        ("delete my order history", "orders"),
        ("forget my chats", "chat"),
        ("forget what I said in this chat", "conversation"),
        ("erase me completely", "everything"),
        ("wipe my data", "all_data"),
        ("forget the reasons I told you", "stated_reasons"),
    ],
)
def test_category_is_told_from_its_words(text: str, category: str) -> None:
    assert name_category(plain_text(text)) == category


def test_examples_of_each_kind_are_read_once_and_other_is_among_them() -> None:
    for name in ("profile_requests", "volunteered_reasons"):
        kinds, texts = read_examples(name)
        assert len(kinds) == len(texts) == len(set(texts))
        assert "other" in kinds


def test_pending_deletion_card_and_link_survive_being_stored() -> None:
    reply = Reply(
        turn_id="t",
        conversation=ConversationId("c"),
        sentences=(Sentence("- one"), Sentence("\nEnd.")),
        state="chatting",
        actions=(Action("link", "Your data", ref="/v1/me/data"),),
        pending=BROWSING,
        card="q",
    )

    assert decode_reply(encode_reply(reply)) == reply
    assert join_sentences(reply.sentences) == "- one\nEnd."
