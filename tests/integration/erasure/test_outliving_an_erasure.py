"""What comes in while a worker has rows to delete is no part of what was asked for, and stays."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from tests.erasure_home import Home

from assistant.core.events import IncomingEvent
from assistant.store.handoffs import HandoffRepository

ADA = "ada@customers.example"
ORDER = IncomingEvent(
    "shop", "W9", "order.placed", datetime(2026, 3, 1, tzinfo=UTC), ADA, "orders", {},
    "A lamp was ordered.",
)  # fmt: skip


@pytest.fixture
def ada(home: Home) -> str:
    """Somebody who looked at something."""
    ada = home.customer(ADA)
    home.give(ada)
    home.send(ADA, "Alder kettle")
    return ada


def test_what_comes_after_a_request_outlives_it_and_is_indexed(home: Home, ada: str) -> None:
    conversation, _ = home.say(ada, "One", answer="First.")
    requested = home.erase(ada, "all_data")
    home.clock.advance(seconds=1)  # type: ignore[attr-defined]
    home.say(ada, "Two", answer="Second.", conversation=conversation)
    home.database.write_now(lambda c: home.stores.events.add_event(c, ada, ORDER, at=home.clock()))

    home.work()

    assert home.said(ada, conversation) == [("Two", "Second.")]
    assert home.find(ada, requested).counts["turns"] == 1
    home.index(ada)
    assert home.indexed(ada) == ["A lamp was ordered."]


def test_a_person_who_is_asked_for_after_a_request_is_not_forgotten(home: Home, ada: str) -> None:
    conversation, _ = home.say(ada, "One", answer="First.")
    home.erase(ada, "all_data")
    home.clock.advance(seconds=1)  # type: ignore[attr-defined]
    handoffs = HandoffRepository()
    home.database.write_now(
        lambda c: handoffs.request(c, ada, conversation, reason="asked", at=home.clock())
    )

    home.work()

    assert home.said(ada, conversation) == []
    found = home.database.read_now(lambda c: c.execute(text("SELECT * FROM handoff_requests")))
    assert len(found.all()) == 1


def test_what_a_process_with_a_fast_clock_wrote_before_a_request_goes_too(
    home: Home, ada: str
) -> None:
    home.clock.advance(seconds=5)  # type: ignore[attr-defined]
    conversation, _ = home.say(ada, "One", answer="First.")
    home.clock.advance(seconds=-5)  # type: ignore[attr-defined]

    home.erase(ada, "all_data")
    home.work()

    assert home.said(ada, conversation) == []
