"""What was erased stays away when a business system delivers it once more."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from tests.erasure_home import Home

from assistant.core.clock import add_months, to_rfc3339
from assistant.core.erasure import Scope
from assistant.core.ids import new_id
from assistant.store.erasing import RowScope
from assistant.store.expiry_cuts import expired_target

ADA = "ada@customers.example"


def document(home: Home, text: str, **changes: object) -> dict[str, object]:
    """A page that was viewed, as the shop tells it."""
    return {
        "specversion": "1.0",
        "id": new_id(),
        "source": "https://shop.example/web",
        "type": "page.viewed",
        "time": to_rfc3339(home.clock()),
        "subject": ADA,
        "data": {"title": text},
        **changes,
    }


def deliver(home: Home, *documents: dict[str, object]) -> list[str]:
    parsed = [home.intake.parser.parse(each) for each in documents]
    results = home.database.write_now(lambda c: home.intake.intake.store_batch(c, parsed))
    return [result.code or result.reason or result.status for result in results]


def later(home: Home) -> None:
    home.clock.advance(minutes=5)  # type: ignore[attr-defined]


Target = Callable[[str], tuple[Scope, str | None]]
SCOPES: dict[str, Target] = {
    "item": lambda event_id: ("item", event_id),
    "category": lambda _: ("category", "browsing"),
    "all data": lambda _: ("all_data", None),
}


@pytest.mark.parametrize("how", ["finished", "begun"])
@pytest.mark.parametrize("scope", SCOPES)
def test_an_erased_event_that_is_sent_again_is_refused_and_not_kept(
    home: Home, scope: str, how: str
) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    kettle = document(home, "Alder kettle")
    ahead = document(home, "Ahead", time=to_rfc3339(home.clock().replace(hour=23)))
    assert deliver(home, kettle, ahead) == ["stored", "stored"]
    for event_id in home.event_ids(ada):
        home.erase(ada, *SCOPES[scope](event_id))
        if scope != "item":
            break
    later(home)
    if how == "finished":
        home.work()

    again = deliver(home, kettle, ahead)

    still_there = how == "begun" and scope == "all data"  # until a worker deletes it
    assert again == ["duplicate" if still_there else "erased"] * 2
    home.work()
    assert home.event_ids(ada) == []
    assert deliver(home, kettle) == ["erased"]
    assert deliver(home, document(home, "Pebble jug")) == ["stored"]


def test_a_refusal_of_what_was_erased_is_counted_by_its_code(home: Home) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    kettle = document(home, "Alder kettle")
    deliver(home, kettle)
    home.erase(ada, "category", "browsing")
    deliver(home, kettle)

    counts = home.database.read_now(home.stores.intake_state.list_refusals)

    assert [(one.category, one.code, one.count) for one in counts] == [("browsing", "erased", 1)]


def test_a_hash_outlives_the_keys_that_further_erasures_destroy(home: Home) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    kettle, jug = document(home, "Alder kettle"), document(home, "Pebble jug")
    deliver(home, kettle)
    home.erase(ada, "item", home.event_ids(ada)[0])
    home.work()
    deliver(home, jug)
    home.erase(ada, "category", "browsing")
    home.work()

    assert deliver(home, kettle, jug) == ["erased", "erased"]


def test_what_a_withdrawal_erased_stays_away_and_new_events_come_in_after_a_new_yes(
    home: Home,
) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    kettle = document(home, "Alder kettle")
    deliver(home, kettle)
    home.erase(ada, "category", "browsing", cause="withdrawal")
    home.work()
    later(home)
    home.give(ada)

    assert deliver(home, kettle, document(home, "Pebble jug")) == ["erased", "stored"]


def test_erasing_everything_leaves_no_hash_of_an_erased_event(home: Home) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    deliver(home, document(home, "Alder kettle"))
    home.erase(ada, "item", home.event_ids(ada)[0])
    home.erase(ada, "everything")
    home.work()

    left = home.database.read_now(
        lambda c: c.exec_driver_sql("SELECT count(*) FROM erased_events").scalar_one()
    )
    assert left == 0


@pytest.mark.parametrize(
    ("time", "result"),
    [
        ("1600-01-01T00:00:00Z", "expired"),
        ("1970-01-01T00:00:00Z", "expired"),
        ("a day beyond its months", "expired"),
        ("within its months", "stored"),
        ("2999-01-01T00:00:00Z", "time: lies in the future"),
    ],
)
def test_what_is_past_its_retention_or_in_the_future_is_not_taken(
    home: Home, time: str, result: str
) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    end = add_months(home.clock(), -home.pack.categories["browsing"].retention_months)
    beyond, within = end - timedelta(days=1), end + timedelta(days=1)
    moments = {
        "a day beyond its months": to_rfc3339(beyond),
        "within its months": to_rfc3339(within),
    }

    results = deliver(home, document(home, "Alder kettle", time=moments.get(time, time)))

    assert results == [result]


def test_an_event_too_old_to_be_kept_makes_no_customer(home: Home) -> None:
    order = {"order_id": "#W1", "items": [{"name": "Alder kettle"}]}
    old = document(home, "", type="order.placed", data=order, time="1600-01-01T00:00:00Z")

    assert deliver(home, old) == ["expired"]
    assert home.database.read_now(lambda c: home.stores.customers.find_customer(c, ADA)) is None


def test_what_has_expired_does_not_come_back_when_it_is_sent_again(home: Home) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    kettle = document(home, "Alder kettle")
    deliver(home, kettle)
    home.clock.advance(days=31 * 24)  # type: ignore[attr-defined]
    cuts = home.pack.categories.cuts(home.clock())
    rows = RowScope("expired", expired_target(cuts))
    home.database.write_now(lambda c: home.erasures.erase_rows(c, ada, rows, at=home.clock()))
    home.work()

    assert home.event_ids(ada) == []
    assert deliver(home, kettle) == ["expired"]


@pytest.mark.parametrize("scope", SCOPES)
def test_an_erased_event_is_not_imported_again(home: Home, scope: str, tmp_path: Path) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    kettle = document(home, "Alder kettle")
    (tmp_path / "history.ndjson").write_bytes(orjson.dumps(kettle) + b"\n")
    first = home.intake.event_import.run(tmp_path / "history.ndjson")
    home.erase(ada, *SCOPES[scope](home.event_ids(ada)[0]))
    home.work()

    again = home.intake.event_import.run(tmp_path / "history.ndjson")

    assert (first.stored, again.stored, again.refused) == (1, 0, {"erased": 1})
    assert home.event_ids(ada) == []
