"""Turns on real databases: durable once, the same when asked again, complete after a crash."""

import asyncio
from datetime import timedelta

import pytest
from tests.turn_parts import Desk

from assistant.core.actor import Role
from assistant.core.errors import ConflictingReuse, InvalidInput, NotFound, TextTooLong
from assistant.core.ids import ConversationId
from assistant.dialogue.turns import MAX_TEXT

HOURS = "When do the stores open?"
UNKNOWN = "Who won the regatta?"


async def test_first_turn_says_that_it_is_an_ai_and_the_second_does_not(desk: Desk) -> None:
    amara = desk.parts.customer()

    first = await desk.say(amara, HOURS)
    second = await desk.say(amara, HOURS, conversation=first.conversation)

    assert first.sentences[0].text == "I am Robin, the AI assistant of Shop."
    assert (first.seq, second.seq) == (1, 2)
    assert "AI" not in second.text


async def test_answer_quotes_an_article_and_cites_it(desk: Desk) -> None:
    reply = await desk.say(desk.parts.customer(), HOURS)

    assert reply.state == "answered"
    quoted = reply.sentences[-1]
    assert quoted.text == "The stores open Monday to Saturday from 08:00 to 21:00."
    assert quoted.citations == tuple(citation.id for citation in reply.citations)
    assert reply.citations[0].ref == "opening-hours.md"


async def test_same_turn_id_gives_the_same_reply_and_is_stored_once(desk: Desk) -> None:
    amara = desk.parts.customer()

    first = await desk.say(amara, HOURS, turn_id="t1")
    again = await desk.say(amara, HOURS, turn_id="t1")
    other_conversation = await desk.say(
        amara, HOURS, turn_id="t1", conversation=ConversationId("elsewhere")
    )

    assert first == again == other_conversation
    stored = await desk.handler.turns_since(desk.actor(amara), first.conversation, 0)
    assert [turn.turn_id for turn in stored] == ["t1"]


async def test_same_turn_id_with_another_text_is_refused(desk: Desk) -> None:
    amara = desk.parts.customer()
    await desk.say(amara, HOURS, turn_id="t1")

    with pytest.raises(ConflictingReuse):
        await desk.say(amara, UNKNOWN, turn_id="t1")


async def test_turn_ids_of_two_customers_do_not_meet(desk: Desk) -> None:
    amara, bruno = desk.parts.customer("amara.example"), desk.parts.customer("bruno.example")

    await desk.say(amara, HOURS, turn_id="t1")
    reply = await desk.say(bruno, UNKNOWN, turn_id="t1")

    assert reply.state == "abstained"


async def test_one_turn_sent_many_times_at_once_gets_one_reply(desk: Desk) -> None:
    amara = desk.parts.customer()
    conversation = ConversationId("c1")

    replies = await asyncio.gather(
        *(desk.say(amara, UNKNOWN, turn_id="t1", conversation=conversation) for _ in range(6))
    )

    assert all(reply == replies[0] for reply in replies)
    assert len(await desk.handler.turns_since(desk.actor(amara), conversation, 0)) == 1
    assert len(desk.gaps()) == 1


async def test_one_first_turn_sent_twice_at_once_opens_one_conversation(desk: Desk) -> None:
    amara = desk.parts.customer()

    replies = await asyncio.gather(*(desk.say(amara, HOURS, turn_id="t1") for _ in range(4)))

    assert {reply.conversation for reply in replies} == {replies[0].conversation}
    latest = await desk.handler.latest_conversation(
        desk.actor(amara), since=desk.parts.clock() - timedelta(minutes=1)
    )
    assert latest == replies[0].conversation


async def test_turn_that_died_before_its_reply_is_completed_by_the_retry(desk: Desk) -> None:
    amara = desk.parts.customer()

    async def die() -> None:
        raise ConnectionError("the process is gone")

    desk.responder.meanwhile = die
    with pytest.raises(ConnectionError):
        await desk.say(amara, HOURS, turn_id="t1", conversation=ConversationId("c1"))
    (stored,) = await desk.handler.turns_since(desk.actor(amara), ConversationId("c1"), 0)

    reply = await desk.say(amara, HOURS, turn_id="t1", conversation=ConversationId("c1"))

    assert stored.reply is None
    assert reply.state == "answered"
    assert reply.seq == 1
    (completed,) = await desk.handler.turns_since(desk.actor(amara), ConversationId("c1"), 0)
    assert completed.reply == reply


async def test_abstention_notes_a_gap_without_the_words(desk: Desk) -> None:
    amara = desk.parts.customer()

    reply = await desk.say(amara, UNKNOWN)

    assert reply.abstained
    (gap,) = desk.gaps()
    assert gap.customer_id == amara
    assert "regatta" not in repr(gap)
    assert [action.kind for action in reply.actions] == ["handoff"]


async def test_yes_to_a_person_hands_over_and_asking_again_is_asking_once(desk: Desk) -> None:
    amara = desk.parts.customer()

    abstained = await desk.say(amara, UNKNOWN)
    reply = await desk.say(amara, "yes please", conversation=abstained.conversation)
    again = await desk.say(amara, "talk to a person", conversation=abstained.conversation)

    assert reply.state == again.state == "handoff"
    assert reply.text != again.text
    assert desk.handoff(reply, amara)


async def test_yes_to_nothing_hands_nothing_over(desk: Desk) -> None:
    amara = desk.parts.customer()
    answered = await desk.say(amara, HOURS)

    reply = await desk.say(amara, "yes", conversation=answered.conversation)

    assert reply.state == "chatting"
    assert desk.handoff(reply, amara) is None


async def test_yes_is_never_taken_for_consent(desk: Desk) -> None:
    amara = desk.parts.customer()
    asked = await desk.say(amara, "where is my order?")

    reply = await desk.say(amara, "yes", conversation=asked.conversation)

    assert [action.kind for action in asked.actions] == ["consent", "handoff"]
    assert reply.state == "chatting"
    assert desk.parts.state(amara).given("answer_from_history") == frozenset()


async def test_handoff_asked_for_by_button_is_stored(desk: Desk) -> None:
    amara = desk.parts.customer()
    reply = await desk.say(amara, HOURS)

    for _ in range(2):
        await desk.handler.request_handoff(desk.actor(amara), reply.conversation, "button")

    stored = desk.handoff(reply, amara)
    assert stored
    assert stored.reason == "button"


async def test_feedback_is_kept_for_a_turn_with_a_reply(desk: Desk) -> None:
    amara, bruno = desk.parts.customer("amara.example"), desk.parts.customer("bruno.example")
    await desk.say(amara, HOURS, turn_id="t1")

    await desk.handler.give_feedback(desk.actor(amara), "t1", helped=True)
    await desk.handler.give_feedback(desk.actor(amara), "t1", helped=False)

    turn = desk.parts.database.read_now(lambda c: desk.conversations.find_turn(c, amara, "t1"))
    assert turn
    helped = desk.parts.database.read_now(
        lambda c: desk.feedback.find_feedback(c, amara, turn.turn_key)
    )
    assert helped is False
    for actor, turn_id in ((desk.actor(bruno), "t1"), (desk.actor(amara), "t2")):
        with pytest.raises(NotFound):
            await desk.handler.give_feedback(actor, turn_id, helped=True)


async def test_turns_since_the_last_one_seen(desk: Desk) -> None:
    amara = desk.parts.customer()
    first = await desk.say(amara, HOURS, turn_id="t1")
    second = await desk.say(amara, UNKNOWN, turn_id="t2", conversation=first.conversation)

    missed = await desk.handler.turns_since(desk.actor(amara), first.conversation, first.seq)

    assert [(turn.turn_id, turn.reply) for turn in missed] == [("t2", second)]


async def test_conversation_of_another_customer_is_not_there(desk: Desk) -> None:
    amara, bruno = desk.parts.customer("amara.example"), desk.parts.customer("bruno.example")
    mine = await desk.say(amara, UNKNOWN)

    theirs = await desk.say(bruno, "yes please", conversation=mine.conversation)

    assert theirs.seq == 1, "a conversation of their own, whatever it is called"
    assert theirs.state == "chatting", "nobody offered them a person"
    seen = await desk.handler.turns_since(desk.actor(bruno), mine.conversation, 0)
    assert [turn.text for turn in seen] == ["yes please"]


async def test_latest_conversation_is_forgotten_after_a_while(desk: Desk) -> None:
    amara = desk.parts.customer()
    reply = await desk.say(amara, HOURS)
    now = desk.parts.clock()
    actor = desk.actor(amara)

    recent = await desk.handler.latest_conversation(actor, since=now - timedelta(hours=1))
    old = await desk.handler.latest_conversation(actor, since=now + timedelta(hours=1))

    assert recent == reply.conversation
    assert old is None


async def test_visitor_is_told_to_sign_in_for_their_own_and_answered_otherwise(desk: Desk) -> None:
    visitor = desk.visitor()

    own = await desk.say(visitor, "where is my order?", role=Role.VISITOR)
    general = await desk.say(visitor, HOURS, role=Role.VISITOR)

    assert [action.kind for action in own.actions] == ["sign_in", "handoff"]
    assert general.state == "answered"
    assert general.actions == ()
    assert desk.reader.grants == []


async def test_control_characters_are_dropped_and_the_rest_is_read(desk: Desk) -> None:
    amara = desk.parts.customer()

    reply = await desk.say(amara, "\x00When do\x07 the \u202estores open?\x1b ")

    assert reply.state == "answered"
    (turn,) = await desk.handler.turns_since(desk.actor(amara), reply.conversation, 0)
    assert turn.text == HOURS


@pytest.mark.parametrize("text", ["", "   \n\t ", "\x00\x01", "\u202e"])
async def test_text_with_nothing_to_read_is_refused(desk: Desk, text: str) -> None:
    with pytest.raises(InvalidInput):
        await desk.say(desk.parts.customer(), text)


async def test_text_that_is_too_long_is_refused_and_the_longest_is_read(desk: Desk) -> None:
    amara = desk.parts.customer()

    with pytest.raises(TextTooLong):
        await desk.say(amara, "a" * (MAX_TEXT + 1))

    assert (await desk.say(amara, "a " * (MAX_TEXT // 2))).abstained


async def test_refused_text_leaves_nothing_behind(desk: Desk) -> None:
    amara = desk.parts.customer()

    with pytest.raises(InvalidInput):
        await desk.say(amara, "\x00", turn_id="t1", conversation=ConversationId("c1"))

    assert await desk.handler.turns_since(desk.actor(amara), ConversationId("c1"), 0) == []


async def test_small_talk_needs_no_encoding(desk: Desk) -> None:
    before = len(desk.embedder.encoded)

    reply = await desk.say(desk.parts.customer(), "Hello!")

    assert reply.state == "chatting"
    assert len(desk.embedder.encoded) == before
