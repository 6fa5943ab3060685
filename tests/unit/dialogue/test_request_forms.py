"""A yes is taken only for what was asked about, and forms alone decide nothing."""

from dataclasses import replace

import numpy as np
import pytest

from assistant.core.ids import ConversationId
from assistant.dialogue.category_words import name_category
from assistant.dialogue.example_vectors import NO_EXAMPLES, ExampleVectors, read_examples
from assistant.dialogue.plain_orders import find_stop_order, tells_to_delete
from assistant.dialogue.profile_requests import match_confirmation, match_request, plain_text
from assistant.dialogue.reply_codec import decode_reply, encode_reply
from assistant.dialogue.turns import Action, PendingRequest, Reply, Sentence, join_sentences

BROWSING = PendingRequest("browsing", asked_in=3)
CALLS = PendingRequest("calls", asked_in=3, act="stop_using")
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


@pytest.mark.parametrize("text", ["Yes?", "ok?", "yes, delete my browsing and my orders", "sure?"])
def test_a_question_or_more_than_was_asked_about_confirms_no_deletion(text: str) -> None:
    assert match_confirmation(text, BROWSING) is None


@pytest.mark.parametrize(
    "text",
    ["yes", "Yes, stop it", "yes stop", "please stop using my calls", "ok, stop using them now"],
)
def test_yes_to_the_stop_confirms_it(text: str) -> None:
    answer = match_confirmation(text, CALLS)

    assert answer is not None
    assert (answer.kind, answer.category) == ("stop_confirmed", "calls")


@pytest.mark.parametrize("text", ["no", "No, change nothing", "wait", "no, don't", "never mind"])
def test_no_to_the_stop_refuses_it(text: str) -> None:
    answer = match_confirmation(text, CALLS)

    assert answer is not None
    assert answer.kind == "stop_refused"


@pytest.mark.parametrize(
    "text",
    [
        "yes, stop using my orders",
        "no, stop using my calls",
        "yes?",
        "yes, delete it",
        "don't stop",
    ],
)
def test_anything_else_is_no_answer_to_the_stop(text: str) -> None:
    assert match_confirmation(text, CALLS) is None


@pytest.mark.parametrize(
    ("text", "thing", "plain"),
    [
        ("Stop using my calls!", "calls", True),
        ("stop reading my orders", "orders", True),
        ("please dont use my phone calls anymore", "calls", True),
        ("I withdraw my consent for store visits", "store_visits", True),
        ("do not delete my orders but stop using my calls", "calls", False),
        ("stop using my calls but keep my orders", "calls", False),
        ("Could you stop using my calls?", "calls", False),
        ("Stop using my calls?", "calls", False),
        ("Stop using my calls to answer me", "calls", False),
        ("“Stop using my calls”", "calls", False),
        ("I don't like you using my calls", "calls", False),
        ("Stop using my calls. Where is my kettle?", "calls", False),
        ("stop using all my data", "all_data", True),
        ("I withdraw my consent", "all_data", True),
    ],
)
def test_order_to_stop_says_what_and_how_plainly(text: str, thing: str, *, plain: bool) -> None:
    order = find_stop_order(plain_text(text))

    assert order is not None
    assert (name_category(order.thing), order.plain) == (thing, plain)


@pytest.mark.parametrize(
    "text",
    [
        "don't stop using my calls",
        "Stop using my calls? No way.",
        "I would not mind you using my calls",
        "Why did you stop using my calls?",
        "I told you to stop using my calls",
        "don't use my orders as an excuse",
        "stop using my last order",
        "stop tracking my orders",
        "don't use my order number",
        "don't look at my orders, look at my returns",
        "he said stop using my calls",
        "stop using my calls, not",
        "No! Don't, use my calls",
        "Never - use my calls please",
    ],
)
def test_what_is_not_an_order_from_end_to_end_stops_nothing(text: str) -> None:
    assert find_stop_order(plain_text(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "don't delete my orders",
        "did you delete my orders",
        "you deleted my orders",
        "delete my daughter's data",
        "delete my order 71204518",
        "remove my last order",
        "forget my orders for a moment, where is my return",
        "if I had to delete my orders",
    ],
)
def test_talk_of_deleting_asks_nothing_back(text: str) -> None:
    assert not tells_to_delete(plain_text(text))


def test_yes_to_everything_is_bound_to_everything() -> None:
    everything = PendingRequest("everything")

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
    stopping = replace(reply, pending=CALLS)
    assert decode_reply(encode_reply(stopping)) == stopping
    assert join_sentences(reply.sentences) == "- one\nEnd."
