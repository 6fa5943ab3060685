"""Every opening is in the access log before anything leaves, and uses name exactly what helped."""

from datetime import timedelta

import pytest
from tests.turn_parts import Desk

from assistant.core.actor import Role
from assistant.core.ids import CustomerId
from assistant.dialogue.turns import Reply
from assistant.store.access_log import AccessLogRepository
from assistant.store.engine import Connection

HISTORY = "answer_from_history"
KETTLE = {"item_id": "k1", "name": "Alder kettle", "price": 39.9}
WHERE = "where is my kettle?"


def order(desk: Desk, subject: str, order_id: str) -> None:
    at = desk.parts.clock() - timedelta(days=3)
    assert desk.send(subject, "order.placed", at, order_id=order_id, items=[KETTLE]).status


def allowed(desk: Desk, subject: str = "amara.example") -> CustomerId:
    customer_id = desk.parts.customer(subject)
    desk.parts.decide(customer_id, HISTORY, "given")
    return customer_id


async def test_no_answer_leaves_where_the_reading_cannot_be_logged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the log is full")

    amara = allowed(desk)
    order(desk, "amara.example", "W123")
    monkeypatch.setattr(AccessLogRepository, "add_access", fail)

    with pytest.raises(OSError, match="the log is full"):
        await desk.say(amara, WHERE, turn_id="t1")

    stored = desk.parts.database.read_now(lambda c: desk.conversations.find_turn(c, amara, "t1"))
    assert stored is not None
    assert stored.reply is None
    assert desk.uses(amara) == []
    monkeypatch.undo()
    answered = await desk.say(amara, WHERE, turn_id="t1")
    assert "W123" in answered.text
    assert len(desk.accesses(amara)) == 1


async def test_reading_that_a_withdrawal_made_useless_is_logged_as_let_go(desk: Desk) -> None:
    amara = allowed(desk)
    order(desk, "amara.example", "W123")
    desk.responder.meanwhile = lambda: desk.withdraw(amara)

    reply = await desk.say(amara, WHERE)

    assert "W123" not in reply.text
    assert reply.used == ()
    (entry,) = desk.accesses(amara)
    assert (entry.reading, entry.items, entry.item_ids) == ("discarded", 1, ())
    assert (entry.role, entry.actor, entry.purpose) == (Role.ASSISTANT, "assistant", HISTORY)
    assert desk.uses(amara) == []


def assert_told_alike(desk: Desk, customer_id: CustomerId, reply: Reply, opened: int) -> None:
    """See that the reply, the uses and the access log name the same items, each with its terms."""
    uses = {(u.item_kind, u.item_id, u.category, u.purpose) for u in desk.uses(customer_id)}
    assert uses == {("event", item.id, item.category, item.purpose) for item in reply.used}
    assert len(desk.uses(customer_id)) == len(reply.used)
    (entry,) = [entry for entry in desk.accesses(customer_id) if entry.reading == "answer"]
    assert set(entry.item_ids) == {item.id for item in reply.used}
    assert len(entry.item_ids) == len(reply.used)
    assert (entry.items, entry.purpose) == (opened, HISTORY)
    assert {use.turn_key for use in desk.uses(customer_id)} <= {entry.turn_key}


async def test_a_reply_with_two_items_has_two_uses_and_both_are_in_the_log(desk: Desk) -> None:
    amara = allowed(desk)
    for order_id in ("W123", "W456"):
        order(desk, "amara.example", order_id)

    reply = await desk.say(amara, "list my orders")

    assert "W123" in reply.text
    assert "W456" in reply.text
    assert len(reply.used) == 2
    assert_told_alike(desk, amara, reply, opened=2)


async def test_a_reply_that_nothing_helped_has_no_use_and_the_log_names_none(desk: Desk) -> None:
    amara = allowed(desk)
    order(desk, "amara.example", "W123")

    reply = await desk.say(amara, "where is my tent?")

    assert "W123" not in reply.text
    assert reply.used == ()
    assert_told_alike(desk, amara, reply, opened=1)


async def test_what_was_said_before_is_logged_where_it_is_opened(desk: Desk) -> None:
    amara = allowed(desk)
    first = await desk.say(amara, "when do the stores open?")
    assert desk.accesses(amara) == []

    await desk.say(amara, "thank you", conversation=first.conversation)

    (entry,) = desk.accesses(amara)
    assert (entry.reading, entry.purpose, entry.categories) == (
        "context",
        "conversation",
        frozenset({"chat"}),
    )
    assert (entry.items, entry.item_ids) == (1, ())
    assert desk.uses(amara) == []


async def test_a_follow_up_that_is_answered_uses_the_message_before(desk: Desk) -> None:
    amara = allowed(desk)
    order(desk, "amara.example", "W123")
    first = await desk.say(amara, WHERE)

    reply = await desk.say(amara, "and how much was it?", conversation=first.conversation)

    assert "39.9" in reply.text
    event, turn = sorted(desk.uses(amara)[:2], key=lambda use: use.item_kind)
    assert (event.item_id, turn.item_kind) == (reply.used[0].id, "turn")
    assert (turn.category, turn.purpose) == ("chat", "conversation")
    context = next(entry for entry in desk.accesses(amara) if entry.reading == "context")
    assert context.item_ids == (turn.item_id,)
    assert turn.item_id not in {item.id for item in reply.used}, "it needs no grant"


async def test_closed_or_missing_own_records_are_no_gap_in_the_knowledge(desk: Desk) -> None:
    amara = desk.parts.customer("amara.example")
    closed = await desk.say(amara, "where is my order?")
    desk.parts.decide(amara, HISTORY, "given")
    missing = await desk.say(amara, "where is my order?")
    visitor = await desk.say(desk.visitor(), "when was my parcel delivered?", role=Role.VISITOR)

    assert closed.abstained
    assert missing.abstained
    assert visitor.abstained
    assert desk.gaps() == []


async def test_a_question_that_no_article_answers_is_a_gap(desk: Desk) -> None:
    amara = desk.parts.customer("amara.example")

    await desk.say(amara, "do you sell regatta tickets?")
    await desk.say(amara, "can I return my opened paint?")

    assert len(desk.gaps()) == 2


async def test_the_log_is_written_in_the_transaction_of_the_reply(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply that is undone takes its log entry along: neither exists without the other."""
    amara = allowed(desk)
    order(desk, "amara.example", "W123")
    write = AccessLogRepository.add_access

    def then_fail(self: AccessLogRepository, connection: Connection, *rest: object) -> None:
        write(self, connection, *rest)  # type: ignore[arg-type]  # passed on as it came
        raise OSError("the process dies here")

    monkeypatch.setattr(AccessLogRepository, "add_access", then_fail)
    with pytest.raises(OSError, match="dies here"):
        await desk.say(amara, WHERE)

    assert desk.accesses(amara) == []
