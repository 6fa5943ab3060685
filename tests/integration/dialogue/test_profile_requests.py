"""What a customer asks of their own data in chat is shown, confirmed and done, and nothing else."""

from datetime import timedelta

from tests.integration.dialogue.test_turn_privacy import allowed, order
from tests.turn_parts import Desk

from assistant.core.actor import Role
from assistant.core.ids import CustomerId
from assistant.dialogue.turns import Reply

FORGET_BROWSING = "Forget my browsing."
YES = "Yes, delete it"


def viewed(desk: Desk, subject: str, title: str) -> None:
    at = desk.parts.clock() - timedelta(days=1)
    assert desk.send(subject, "page.viewed", at, title=title).status == "stored"


def browser(desk: Desk, subject: str = "amara.example") -> CustomerId:
    """A customer with an order and two pages they looked at."""
    customer_id = allowed(desk, subject)
    order(desk, subject, "W123")
    viewed(desk, subject, "Alder kettle")
    viewed(desk, subject, "Reed lamp")
    return customer_id


def pages(desk: Desk, customer_id: CustomerId) -> int:
    return sum("looked at" in line for line in desk.parts.renderings(customer_id))


async def ask_to_forget(desk: Desk, customer_id: CustomerId) -> Reply:
    await desk.say(customer_id, "hello")
    return await desk.say(customer_id, FORGET_BROWSING)


async def test_what_is_known_is_told_by_category_and_not_dumped(desk: Desk) -> None:
    amara = browser(desk)
    desk.asked.store_fact(amara, "Quiet appliances matter to me.")

    reply = await desk.say(amara, "What do you know about me?")

    assert "Pages, searches and baskets in the online shop: 2 items" in reply.text
    assert "Orders, deliveries, subscriptions and warranties: 1 item" in reply.text
    assert "1 conversation, with 1 message" in reply.text
    assert "Quiet" not in reply.text
    assert "kettle" not in reply.text
    assert [(action.kind, action.ref) for action in reply.actions] == [("link", "/v1/me/data")]
    assert reply.used == ()


async def test_visitor_is_told_honestly_that_nothing_else_is_kept(desk: Desk) -> None:
    somebody = desk.visitor()

    known = await desk.say(somebody, "What do you know about me?", role=Role.VISITOR)
    seen = await desk.say(somebody, "Who has seen my data?", role=Role.VISITOR)
    asked = await desk.say(somebody, "Never ask me why.", role=Role.VISITOR)
    used = await desk.say(somebody, "Are you using my data?", role=Role.VISITOR)
    stopped = await desk.say(somebody, "Stop using my calls.", role=Role.VISITOR)

    assert "not signed in" in known.text
    assert "1 message" in known.text
    assert "Nobody has looked" in seen.text
    assert "nothing to switch off" in asked.text
    assert "You have not allowed me to look at any of it" in used.text
    assert "You had not allowed any use" in stopped.text


async def test_who_has_seen_it_is_told_from_the_access_log(desk: Desk) -> None:
    amara = browser(desk)
    await desk.say(amara, "where is my kettle?")
    await desk.say(amara, "where is my kettle?")

    reply = await desk.say(amara, "Who has seen my data?")

    assert "I, the assistant, for “Answer me from my own history”: 2 times" in reply.text
    assert "No person was among them." in reply.text


async def test_what_it_was_good_for_is_told_from_the_uses(desk: Desk) -> None:
    amara = browser(desk)
    helped = await desk.say(amara, "where is my kettle?")
    await desk.handler.give_feedback(desk.actor(amara), helped.turn_id, helped=True)

    reply = await desk.say(amara, "What did my data do for me?")

    assert "Your orders: used in 1 answer" in reply.text
    assert "you marked 1 answer as helpful" in reply.text
    assert "Nothing" in (await desk.say(desk.parts.customer("b.example"), reply_to())).text


def reply_to() -> str:
    return "What did my data do for me?"


async def test_forgetting_takes_a_yes_and_then_is_done(desk: Desk) -> None:
    amara = browser(desk)

    asked = await ask_to_forget(desk, amara)
    before = pages(desk, amara)
    done = await desk.say(amara, YES, conversation=asked.conversation)

    assert "2 items" in asked.text
    assert before == 2
    assert pages(desk, amara) == 0
    (erasure,) = desk.asked.list_erasures(amara)
    assert (erasure.scope, erasure.target) == ("category", "browsing")
    assert erasure.erasure_id in done.text
    assert "kettle" in "".join(desk.parts.renderings(amara)), "the order stays"


async def test_plain_yes_counts_only_in_the_very_next_turn(desk: Desk) -> None:
    amara = browser(desk)
    asked = await ask_to_forget(desk, amara)

    await desk.say(amara, "When do you open?", conversation=asked.conversation)
    late = await desk.say(amara, "yes", conversation=asked.conversation)

    assert pages(desk, amara) == 2
    assert "deleted" not in late.text
    assert desk.asked.list_erasures(amara) == []


async def test_yes_after_ten_minutes_or_in_another_conversation_deletes_nothing(desk: Desk) -> None:
    amara = browser(desk)
    asked = await ask_to_forget(desk, amara)
    await desk.say(amara, "yes", conversation=desk.asked.new_conversation())
    desk.parts.clock.advance(minutes=11)  # type: ignore[attr-defined]

    await desk.say(amara, "yes", conversation=asked.conversation)

    assert pages(desk, amara) == 2


async def test_yes_to_another_category_than_was_asked_about_deletes_nothing(desk: Desk) -> None:
    amara = browser(desk)
    asked = await ask_to_forget(desk, amara)

    other = await desk.say(amara, "Yes, delete my orders", conversation=asked.conversation)

    assert pages(desk, amara) == 2
    assert desk.asked.list_erasures(amara) == []
    assert "your orders: 1 item" in other.text, "it is asked about anew"


async def test_no_deletes_nothing(desk: Desk) -> None:
    amara = browser(desk)
    asked = await ask_to_forget(desk, amara)

    reply = await desk.say(amara, "No, keep it", conversation=asked.conversation)

    assert pages(desk, amara) == 2
    assert reply.text == "All right, nothing is deleted."


async def test_what_is_not_kept_is_said_and_nothing_is_asked(desk: Desk) -> None:
    amara = allowed(desk)

    reply = await desk.say(amara, FORGET_BROWSING)

    assert "nothing to delete" in reply.text
    assert reply.pending is None


async def test_repeated_yes_under_the_same_id_is_the_same_reply(desk: Desk) -> None:
    amara = browser(desk)
    asked = await ask_to_forget(desk, amara)

    first = await desk.say(amara, YES, turn_id="y", conversation=asked.conversation)
    again = await desk.say(amara, YES, turn_id="y", conversation=asked.conversation)

    assert again == first
    assert len(desk.asked.list_erasures(amara)) == 1


async def test_conversation_can_be_deleted_from_within(desk: Desk) -> None:
    amara = allowed(desk)
    asked = await desk.say(amara, "Forget what I said in this chat.")

    done = await desk.say(amara, "yes", conversation=asked.conversation)

    turns = await desk.handler.turns_since(desk.actor(amara), asked.conversation, 0)
    assert "It is done" in done.text
    assert list(turns) == []


async def test_everything_can_be_deleted_with_a_code_to_follow_it(desk: Desk) -> None:
    amara = browser(desk)
    asked = await desk.say(amara, "Delete everything you have on me.")

    done = await desk.say(amara, "yes", conversation=asked.conversation)

    (erasure,) = desk.asked.list_erasures(amara)
    token = done.text.rsplit(" ", 1)[1]
    found = desk.parts.database.read_now(
        lambda c: desk.asked.erasures.find_by_token(c, erasure.erasure_id, token)
    )
    assert erasure.scope == "everything"
    assert found is not None


async def test_reason_for_a_question_is_told_in_the_words_of_its_purpose(desk: Desk) -> None:
    amara = allowed(desk)
    told = await desk.say(amara, "It is too loud for my flat.")
    assert told.card

    reply = await desk.say(amara, "Why do you ask?", conversation=told.conversation)
    elsewhere = await desk.say(amara, "Why do you ask?")

    assert "Ask me why, and remember my answer" in reply.text
    assert "It is optional." in reply.text
    assert "I have not asked you" in elsewhere.text


async def test_never_ask_me_why_silences_every_question(desk: Desk) -> None:
    amara = allowed(desk)

    reply = await desk.say(amara, "Never ask me why.")
    told = await desk.say(amara, "It is too loud for my flat.")

    assert "I will not ask you why again" in reply.text
    assert told.card is None
    assert desk.asked.all_questions(amara) == []


async def test_history_opened_for_a_request_is_noted_as_read_and_let_go(desk: Desk) -> None:
    amara = browser(desk)
    await desk.say(amara, "Delete my order history.")

    (access,) = desk.accesses(amara)
    assert access.reading == "discarded"
    assert access.item_ids == ()


async def test_yes_that_is_sent_again_late_confirms_nothing_asked_after_it(desk: Desk) -> None:
    """A process died before it answered; meanwhile another deletion was asked about."""
    amara = browser(desk)
    asked = await ask_to_forget(desk, amara)
    desk.parts.database.write_now(
        lambda c: desk.conversations.append_utterance(
            c,
            amara,
            asked.conversation,
            turn_id="lost",
            text="yes",
            lang=None,
            at=desk.parts.clock(),
        )
    )
    await desk.say(amara, "Delete my order history.", conversation=asked.conversation)

    await desk.say(amara, "yes", turn_id="lost", conversation=asked.conversation)

    assert desk.asked.list_erasures(amara) == []
    assert "kettle" in "".join(desk.parts.renderings(amara))
