from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from assistant.core.ids import ConversationId
from assistant.dialogue.reply_codec import decode_reply, encode_reply
from assistant.dialogue.turns import (
    Action,
    ActionKind,
    Citation,
    CitationKind,
    Reply,
    ReplyState,
    Sentence,
    UsedItem,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
MAYBE = st.none() | TEXT
REPLIES = st.builds(
    Reply,
    turn_id=TEXT,
    conversation=TEXT.map(ConversationId),
    sentences=st.lists(st.builds(Sentence, TEXT, TEXTS), max_size=3).map(tuple),
    state=st.sampled_from(get_args(ReplyState)),
    citations=st.lists(
        st.builds(Citation, TEXT, st.sampled_from(get_args(CitationKind)), TEXT, TEXT), max_size=3
    ).map(tuple),
    used=st.lists(st.builds(UsedItem, TEXT, TEXT, TEXT), max_size=3).map(tuple),
    actions=st.lists(
        st.builds(Action, st.sampled_from(get_args(ActionKind)), TEXT, MAYBE, TEXTS, MAYBE),
        max_size=3,
    ).map(tuple),
    withheld=TEXTS,
    seq=st.integers(0, 2**31),
)


@given(REPLIES)
def test_reply_comes_back_as_it_was(reply: Reply) -> None:
    assert decode_reply(encode_reply(reply)) == reply


def test_sentences_are_joined_and_list_items_begin_a_line() -> None:
    said = ("Do this:", "1. Open it.", "2. Close it.", "- Smile.", "136.10 EUR was refunded.")
    reply = Reply("t", ConversationId("c"), tuple(map(Sentence, said)), "answered")

    assert reply.text == ("Do this:\n1. Open it.\n2. Close it.\n- Smile. 136.10 EUR was refunded.")


def test_only_a_reply_that_found_nothing_abstained() -> None:
    assert Reply("t", ConversationId("c"), (), "abstained").abstained
    assert not Reply("t", ConversationId("c"), (), "chatting").abstained
