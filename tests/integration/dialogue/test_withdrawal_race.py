"""A withdrawal and a reply that commits at the same moment: two connections, and whole turns."""

import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from tests.profile_parts import Parts
from tests.turn_parts import Desk

from assistant.core.ids import CustomerId
from assistant.dialogue.answering import Draft
from assistant.dialogue.history_access import Opened
from assistant.dialogue.responder import Heard
from assistant.profile.consent.grants import Grant
from assistant.store.customers import Customer, CustomerRepository
from assistant.store.engine import Connection

HISTORY = "answer_from_history"
Gate = Callable[[Connection, Grant], bool]


class _LookingOnly(CustomerRepository):
    """Reads the customer and holds nothing: how the gate asked before there was a hold."""

    def hold_customer(self, connection: Connection, customer_id: str) -> Customer:
        return self.get_customer(connection, customer_id)


def _commit_beside_a_withdrawal(parts: Parts, customer_id: CustomerId, grant: Grant) -> bool:
    """Ask the gate in a write, withdraw meanwhile; was that acknowledged before the write ended?"""
    asked, withdrawn = threading.Event(), threading.Event()

    def withdraw() -> None:
        asked.wait(10)
        parts.decide(customer_id, HISTORY, "withdrawn")
        withdrawn.set()

    def commit(connection: Connection) -> bool:
        assert parts.gate.still_holds(connection, grant)
        asked.set()
        return withdrawn.wait(0.7)

    beside = threading.Thread(target=withdraw)
    beside.start()
    overtaken = parts.database.write_now(commit)
    beside.join(10)
    assert withdrawn.is_set(), "the withdrawal is acknowledged, if a little later"
    return overtaken


def _granted(parts: Parts) -> tuple[CustomerId, Grant]:
    amara = parts.customer()
    parts.decide(amara, HISTORY)
    grant = parts.authorize(amara, HISTORY, "orders")
    assert isinstance(grant, Grant)
    return amara, grant


def test_withdrawal_is_not_acknowledged_while_a_reply_that_asked_is_committing(desk: Desk) -> None:
    amara, grant = _granted(desk.parts)

    assert not _commit_beside_a_withdrawal(desk.parts, amara, grant)
    assert not desk.parts.still_holds(grant)


def test_without_the_hold_it_would_be(desk: Desk) -> None:
    """The control: it shows the race that the hold closes; SQLite has one writer at a time."""
    if desk.parts.database.dialect == "sqlite":
        pytest.skip("a writer of SQLite is alone")
    desk.parts.gate._customers = _LookingOnly(vault=desk.parts.vault)
    amara, grant = _granted(desk.parts)

    assert _commit_beside_a_withdrawal(desk.parts, amara, grant)


def test_two_replies_of_one_customer_commit_side_by_side(desk: Desk) -> None:
    """The hold keeps decisions out, not other readers."""
    if desk.parts.database.dialect == "sqlite":
        pytest.skip("a writer of SQLite is alone")
    _, grant = _granted(desk.parts)
    first, second = threading.Event(), threading.Event()

    def commit(connection: Connection) -> bool:
        assert desk.parts.gate.still_holds(connection, grant)
        first.set()
        return second.wait(5)

    def beside() -> None:
        first.wait(5)
        desk.parts.still_holds(grant)
        second.set()

    thread = threading.Thread(target=beside)
    thread.start()

    assert desk.parts.database.write_now(commit)
    thread.join(5)


def test_withdrawal_that_came_first_is_seen(desk: Desk) -> None:
    amara, grant = _granted(desk.parts)

    desk.parts.decide(amara, HISTORY, "withdrawn")

    assert not desk.parts.still_holds(grant)


def _withdraw_once_composed(
    desk: Desk, customer_id: CustomerId, patch: pytest.MonkeyPatch
) -> list[Draft]:
    """Withdraw when the first answer is composed and about to be committed; return all drafts."""
    respond, drafts = desk.responder.respond, list[Draft]()

    def answer(heard: Heard, opened: Opened, then: Callable[[Draft], object]) -> Awaitable[object]:
        def composed(draft: Draft) -> object:
            drafts.append(draft)
            if len(drafts) == 1:
                desk.parts.decide(customer_id, HISTORY, "withdrawn")
            return then(draft)

        return respond(heard, opened, composed)

    patch.setattr(desk.responder, "respond", answer)
    return drafts


async def test_turn_whose_answer_was_composed_before_a_withdrawal_is_answered_without_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    amara = desk.parts.customer()
    desk.parts.decide(amara, HISTORY)
    at = desk.parts.clock() - timedelta(days=3)
    kettle = {"item_id": "k1", "name": "Alder kettle", "price": 39.9}
    desk.send("amara.example", "order.placed", at, order_id="W123", items=[kettle])
    drafts = _withdraw_once_composed(desk, amara, monkeypatch)

    reply = await desk.say(amara, "where is my kettle?", turn_id="t1")

    first, second = drafts
    assert first.used, "the control: without the withdrawal it would have said it"
    assert second.used == ()
    assert "W123" not in reply.text
    stored = desk.parts.database.read_now(lambda c: desk.conversations.find_turn(c, amara, "t1"))
    assert stored is not None
    assert "W123" not in str(stored.reply)
    assert desk.uses(amara) == []
    assert [(entry.reading, entry.item_ids) for entry in desk.accesses(amara)] == [
        ("discarded", ())
    ]
