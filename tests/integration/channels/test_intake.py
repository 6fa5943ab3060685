from collections.abc import Mapping
from itertools import count
from threading import Barrier, Event, Thread

import pytest
from tests.profile_parts import Parts

from assistant.channels.intake import ItemResult
from assistant.profile.consent.state import ConsentState
from assistant.store.engine import Connection

HISTORY = "answer_from_history"
NUMBERS = count(1)

ORDER: Mapping[str, object] = {"order_id": "#W123", "items": [{"name": "Alder kettle"}]}


def document(event_type: str = "order.placed", **changes: object) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": f"e-{next(NUMBERS)}",
        "source": "https://shop.marlow.example",
        "type": event_type,
        "time": "2026-02-01T10:00:00Z",
        "subject": "amara.example",
        "data": dict(ORDER) if event_type.startswith("order.") else {"title": "Quiet vacuums"},
        **changes,
    }


def refusals(parts: Parts) -> dict[tuple[str, str], int]:
    counts = parts.database.read_now(parts.counts.list_refusals)
    return {(entry.category, entry.code): entry.count for entry in counts}


def knows(parts: Parts, subject: str) -> bool:
    found = parts.database.read_now(lambda c: parts.customers.find_customer(c, subject))
    return found is not None


def test_orders_returns_and_cases_are_stored_without_consent(parts: Parts) -> None:
    results = parts.send(
        document(),
        document("return.requested", data={"order_id": "#W123"}),
        document("case.opened", data={"case_id": "C-1"}),
        document("subscription.started", data={"name": "Garden Box Small"}),
        document("warranty.registered", data={"name": "Brio espresso machine"}),
    )

    assert [result.status for result in results] == ["stored"] * 5
    assert len(parts.renderings(parts.customer())) == 5


@pytest.mark.parametrize("event_type", ["page.viewed", "call.completed", "trip.completed"])
def test_other_categories_are_refused_counted_and_never_stored(
    parts: Parts, event_type: str
) -> None:
    amara = parts.customer()
    category = parts.pack.event_types[event_type]

    results = parts.send(document(event_type, data={"km": 3}), document(event_type, data={"km": 4}))

    assert results == [ItemResult("refused", code="no_lawful_basis")] * 2
    assert parts.renderings(amara) == []
    assert refusals(parts) == {(category, "no_lawful_basis"): 2}


def test_a_given_purpose_lets_its_categories_in_and_no_others(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"browsing"})

    viewed, called = parts.send(
        document("page.viewed"), document("call.completed", data={"topic": "late parcel"})
    )

    assert viewed.status == "stored"
    assert called.code == "no_lawful_basis"


def test_any_purpose_that_asks_for_a_category_is_a_basis_for_it(parts: Parts) -> None:
    parts.decide(parts.customer(), "personal_insights", "given", {"device_usage"})

    [result] = parts.send(document("device.reading", data={"metric": "cups", "value": 3}))

    assert result.status == "stored"


def test_a_withdrawal_closes_the_door_again_but_a_refusal_uses_no_key_up(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"browsing"})
    parts.decide(amara, HISTORY, "withdrawn", {"browsing"})
    page = document("page.viewed")
    [refused] = parts.send(page)

    parts.decide(amara, HISTORY, "given", {"browsing"})
    [stored] = parts.send(page)

    assert refused.code == "no_lawful_basis"
    assert stored.status == "stored"


def test_a_refused_event_does_not_create_its_customer(parts: Parts) -> None:
    parts.send(document("page.viewed", subject="stranger.example"))

    assert not knows(parts, "stranger.example")


def test_an_accepted_event_creates_its_customer(parts: Parts) -> None:
    parts.send(document(subject="new.example"))

    assert knows(parts, "new.example")


def test_the_same_event_twice_is_a_duplicate_also_within_a_batch(parts: Parts) -> None:
    placed = document()

    first = parts.send(placed, placed)
    again = parts.send(placed)

    assert [result.status for result in [*first, *again]] == ["stored", "duplicate", "duplicate"]
    assert len(parts.renderings(parts.customer())) == 1


def test_the_same_id_with_other_content_is_a_conflict(parts: Parts) -> None:
    placed = document()
    parts.send(placed)

    results = parts.send(
        {**placed, "data": {**ORDER, "total": 5}},
        {**placed, "time": "2026-02-02T10:00:00Z"},
        {**placed, "type": "order.delivered"},
    )

    assert results == [ItemResult("invalid", reason="conflict")] * 3


def test_the_key_is_customer_source_and_id(parts: Parts) -> None:
    placed = document()

    results = parts.send(
        placed,
        {**placed, "source": "https://till.marlow.example"},
        {**placed, "subject": "bruno.example"},
    )

    assert [result.status for result in results] == ["stored"] * 3


def test_unknown_types_and_categories_are_refused_and_counted_without_their_words(
    parts: Parts,
) -> None:
    summary = {"summary": "You sharpened a knife."}

    results = parts.send(
        document("knife.sharpened"),
        document("knife.sharpened", category="knives", data=summary),
        document("knife.sharpened", category="support_cases", data=summary),
    )

    assert [result.code for result in results] == ["unknown_type", "unknown_category", None]
    assert results[2].status == "stored"
    assert refusals(parts) == {("unknown", "unknown_type"): 1, ("unknown", "unknown_category"): 1}


def test_results_come_in_order_and_bad_items_never_stop_good_ones(parts: Parts) -> None:
    results = parts.send(
        document(), None, document("page.viewed"), {"id": 1}, document(), "x", document()
    )

    assert [result.status for result in results] == [
        "stored", "invalid", "refused", "invalid", "stored", "invalid", "stored",
    ]  # fmt: skip
    assert all(result.reason for result in results if result.status == "invalid")


def test_an_empty_batch_is_nothing(parts: Parts) -> None:
    assert parts.send() == []


def test_senders_at_once_store_each_event_once(parts: Parts) -> None:
    documents = [document(subject=f"customer-{n % 3}.example") for n in range(12)]
    start, outcomes = Barrier(4), []

    def send() -> None:
        start.wait()
        outcomes.extend(parts.send(*documents))

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    statuses = [outcome.status for outcome in outcomes]
    assert statuses.count("stored") == 12
    assert statuses.count("duplicate") == 36


def test_an_event_cannot_slip_in_behind_a_withdrawal(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"browsing"})
    page = document("page.viewed")
    asked, withdrawn = Event(), Event()
    order: list[str] = []
    state = parts.ledger.state

    def pausing_state(connection: Connection, customer_id: str) -> ConsentState:
        """Let the withdrawal try to come in between the question and the storing."""
        answer = state(connection, customer_id)
        if not asked.is_set():
            asked.set()
            withdrawn.wait(0.5)
        return answer

    def withdraw() -> None:
        asked.wait()
        parts.decide(amara, HISTORY, "withdrawn", {"browsing"})
        order.append("withdrawn")
        withdrawn.set()

    def take_over(connection: Connection) -> list[ItemResult]:
        results = parts.intake.store_batch(connection, [parts.parser.parse(page)])
        order.append("stored")
        return results

    monkeypatch.setattr(parts.ledger, "state", pausing_state)
    thread = Thread(target=withdraw)
    thread.start()
    [result] = parts.database.write_now(take_over)
    thread.join()

    assert result.status == "stored"
    assert order == ["stored", "withdrawn"]
