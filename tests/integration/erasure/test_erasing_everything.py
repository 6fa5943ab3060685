"""An erasure of everything: what the request does at once, and what is left at the end."""

import pytest
from sqlalchemy import text
from tests.erasure_home import Home

from assistant.core.actor import Role
from assistant.core.erasure import ErasureState
from assistant.core.errors import CustomerErased, KeyUnavailable, NotFound, StaleDataKey
from assistant.core.ids import new_id
from assistant.profile.consent.gate import ConsentGate
from assistant.profile.consent.grants import Refusal
from assistant.store.tables import CATALOGUE

ADA = "ada@customers.example"


def full_customer(home: Home, subject: str = ADA) -> str:
    """Somebody with history, a packed block, conversations, uses, consents with evidence."""
    ada = home.customer(subject)
    home.give(ada)
    home.send(subject, "Alder kettle", "Pebble jug")
    home.index(ada)
    home.say(ada, "What did I look at?", answer="The Alder kettle.", using=home.event_ids(ada)[:1])
    return ada


def rows_of(home: Home, customer_id: str) -> dict[str, int]:
    """How many rows each personal table holds of the customer."""
    personal = [name for name, rule in CATALOGUE.items() if rule.personal]
    return home.database.read_now(
        lambda c: {
            name: found
            for name in personal
            if (
                found := c.execute(
                    text(f"SELECT count(*) FROM {name} WHERE customer_id = :one"),
                    {"one": customer_id},
                ).scalar_one()
            )
        }
    )


def test_nothing_may_be_used_or_written_once_the_request_is_acknowledged(home: Home) -> None:
    ada = full_customer(home)
    gate = ConsentGate(
        pack=home.pack, ledger=home.ledger, customers=home.stores.customers, region="EU"
    )

    home.erase(ada, "everything")

    refusal = home.database.read_now(
        lambda c: gate.authorize(
            c,
            customer_id=ada,
            purpose="answer_from_history",
            categories=["browsing"],
            role=Role.ASSISTANT,
        )
    )
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "blocked"
    with pytest.raises(StaleDataKey):
        home.say(ada, "Are you still there?")
    assert home.database.read_now(lambda c: home.stores.customers.find_customer(c, ADA)) is None


def test_every_row_and_key_is_gone_and_the_erasure_itself_stays(home: Home) -> None:
    ada = full_customer(home)
    ben = full_customer(home, "ben@customers.example")
    before = rows_of(home, ben)
    requested = home.erase(ada, "everything")

    home.work()

    assert rows_of(home, ada) == {"erasures": 1}
    assert home.stores.vault.data_key_numbers(ada) == ()
    assert rows_of(home, ben) == before
    erasure = home.find(ada, requested)
    assert erasure.state is ErasureState.PHYSICALLY_VERIFIED
    assert erasure.samples is None
    counts = {name: erasure.counts[name] for name in ("customers", "events", "turns")}
    assert counts == {"customers": 1, "events": 2, "turns": 1}
    home.stores.vault.forget(ada)
    with pytest.raises(KeyUnavailable):
        home.stores.vault.seal(ada, "turns", "x", b"x")


def test_every_state_is_reached_in_order_and_has_its_time(home: Home) -> None:
    ada = full_customer(home)
    requested = home.erase(ada, "everything")
    assert requested.state is ErasureState.BLOCKED_FOR_USE

    home.work()
    home.clock.advance(hours=24)  # type: ignore[attr-defined]
    home.work(until=ErasureState.BACKUP_FINAL)

    done = home.find(ada, requested)
    times = [
        done.requested_at,
        done.blocked_at,
        done.key_destroyed_at,
        done.rows_purged_at,
        done.verified_at,
        done.backup_final_at,
    ]
    assert None not in times
    assert times == sorted(times)  # type: ignore[type-var]
    assert done.state is ErasureState.BACKUP_FINAL
    assert done.next_at is None


def test_a_second_request_hears_that_everything_is_going_already(home: Home) -> None:
    ada = full_customer(home)
    home.erase(ada, "everything")

    with pytest.raises(CustomerErased):
        home.erase(ada, "everything")
    with pytest.raises(CustomerErased):
        home.erase(ada, "all_data")
    home.work()
    with pytest.raises(NotFound):
        home.erase(ada, "everything")


def test_the_same_key_is_answered_alike_also_when_the_customer_is_gone(home: Home) -> None:
    ada = full_customer(home)
    first = home.erase(ada, "everything", repeat_key="ada\0once")
    home.work()

    again = home.erase(ada, "everything", repeat_key="ada\0once")

    assert (again.erasure_id, again.status_token) == (first.erasure_id, first.status_token)
    assert again.repeated


def test_the_status_token_finds_its_erasure_and_no_other(home: Home) -> None:
    ada, ben = full_customer(home), full_customer(home, "ben@customers.example")
    first, other = home.erase(ada, "everything"), home.erase(ben, "everything")
    home.work()

    def find(erasure_id: str, token: str) -> object:
        return home.database.read_now(lambda c: home.erasures.find_by_token(c, erasure_id, token))

    assert find(first.erasure_id, first.status_token) is not None
    assert find(first.erasure_id, other.status_token) is None
    assert find(first.erasure_id, "") is None
    assert find(new_id(), first.status_token) is None


def test_a_later_event_begins_an_empty_customer_and_an_older_one_is_refused(home: Home) -> None:
    ada = full_customer(home)
    home.erase(ada, "everything")

    assert home.send(ADA, "W123", type_="order.placed") == ["erased"]
    home.clock.advance(seconds=1)  # type: ignore[attr-defined]
    assert home.send(ADA, "W124", type_="order.placed") == ["stored"]
    home.work()

    found = home.database.read_now(lambda c: home.stores.customers.find_customer(c, ADA))
    assert found is not None
    assert found.customer_id != ada
    assert found.not_before is not None
    assert len(home.event_ids(found.customer_id)) == 1
    state = home.database.read_now(lambda c: home.ledger.state(c, found.customer_id))
    assert not state.standings
