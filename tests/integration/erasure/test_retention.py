"""What was kept for as long as was said goes, by the way of all erasures, once an hour."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from tests.erasure_home import Home

from assistant.core.clock import add_months
from assistant.core.erasure import ErasureState
from assistant.profile.erasure import retention as retention_module
from assistant.profile.erasure.retention import Retention
from assistant.store import expired_rows
from assistant.store.expired_rows import ExpiredRows
from assistant.store.expiry_cuts import cuts_of, expired_target
from assistant.workers.retention_worker import RetentionWorker

ADA = "ada@customers.example"


class NoQuestions:
    """Has no question whose time has passed."""

    def list_due(self, connection: object, *, now: object, limit: int = 1000) -> list[str]:
        return []

    def expire_due(self, connection: object, customer_id: str, *, now: object) -> int:
        raise AssertionError("nothing is due")


@pytest.fixture
def worker(home: Home) -> RetentionWorker:
    erasing = home.erasing
    retention = Retention(
        categories=home.pack.categories,
        erasures=home.erasures,
        erasure_rows=erasing.parts.erasures,
        expired=ExpiredRows(),
        questions=NoQuestions(),
        access_log=home.stores.access_log,
        backups=timedelta(days=35),
    )
    return RetentionWorker(database=home.database, retention=retention, clock=home.clock)


def months(home: Home, category: str) -> int:
    return home.pack.categories[category].retention_months


def move(home: Home, **step: float) -> None:
    home.clock.advance(**step)  # type: ignore[attr-defined]


async def test_events_go_when_their_category_s_months_are_over_and_newer_ones_stay(
    home: Home, worker: RetentionWorker
) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    home.send(ADA, "Alder kettle")
    home.index(ada)
    conversation, _ = home.say(
        ada, "Which kettle?", answer="The Alder kettle.", using=home.event_ids(ada)
    )
    move(home, days=months(home, "browsing") * 31 - 40)
    home.send(ADA, "Pebble jug")
    await worker.work()
    assert len(home.event_ids(ada)) == 2
    move(home, days=41)

    await worker.work()

    assert len(home.event_ids(ada)) == 1
    home.work()
    found = home.database.read_now(lambda c: home.erasures.list_erasures(c, ada))
    assert [(one.scope, one.cause, one.state) for one in found] == [
        ("expired", "retention", ErasureState.PHYSICALLY_VERIFIED)
    ]
    assert not any("Alder" in line for line in home.indexed(ada))
    assert not any("Alder" in answer for _, answer in home.said(ada, conversation))
    assert list(home.stores.ledger.entries()) == [], "a restore lets expired rows go by itself"
    log = home.database.read_now(lambda c: home.stores.access_log.list_accesses(c, ada))
    assert {entry.role for entry in log} == {"worker"}


async def test_old_conversations_go_and_what_was_said_since_stays(
    home: Home, worker: RetentionWorker
) -> None:
    ada = home.customer(ADA)
    old, _ = home.say(ada, "Long ago", answer="Yes.")
    both, _ = home.say(ada, "Long ago as well", answer="Yes.")
    move(home, days=months(home, "chat") * 31 + 5)
    home.say(ada, "Just now", answer="Yes.", conversation=both)

    await worker.work()
    home.work()

    assert home.said(ada, old) == []
    assert home.said(ada, both) == [("Just now", "Yes.")]
    left = home.database.read_now(
        lambda c: c.execute(text("SELECT count(*) FROM conversations")).scalar_one()
    )
    assert left == 1


async def test_what_comes_due_within_an_hour_goes_in_the_next(
    home: Home, worker: RetentionWorker
) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    for kettle in ("first", "half an hour later", "three hours later"):
        home.send(ADA, kettle)
        move(home, minutes=30 if kettle == "first" else 150)
    end = add_months(home.clock(), months(home, "browsing")) - home.clock()
    move(home, seconds=end.total_seconds() - 330 * 60 + 1)
    left = []

    for minutes in (29, 31, 60, 120):
        await worker.work()
        left.append(len(home.event_ids(ada)))
        move(home, minutes=minutes)
    await worker.work()

    assert left == [2, 2, 1, 1]
    assert home.event_ids(ada) == []
    assert len(home.database.read_now(lambda c: home.erasures.list_erasures(c, ada))) == 3


async def test_who_has_nothing_due_is_not_looked_at(home: Home, worker: RetentionWorker) -> None:
    for number in range(40):
        home.send(f"customer-{number}@customers.example", f"W{number}", type_="order.placed")
    ada = home.customer(ADA)
    home.give(ada)
    home.send(ADA, "Alder kettle")
    move(home, days=months(home, "browsing") * 31 + 5)
    cuts = home.pack.categories.cuts(home.clock())

    page = home.database.read_now(
        lambda c: ExpiredRows().list_expired(c, cuts, after="", limit=500)
    )

    assert page == [ada]
    if home.settings.resolved_database_url().startswith("sqlite"):
        assert [plan for plan in plans(home) if "USING COVERING INDEX ix_" not in plan] == []


def plans(home: Home) -> list[str]:
    """How SQLite finds the rows that are due."""
    values = {"category": "orders", "cut": 5, "after": "", "at_most": 5, "param_1": 0}
    named = sqlite.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    seen: list[str] = []
    for statement in (expired_rows._OLD_EVENTS, expired_rows._OLD_TURNS):
        query = text(f"EXPLAIN QUERY PLAN {statement.compile(dialect=named)}")
        known = {name: values[name] for name in query.compile().params}
        rows = home.database.read_now(lambda c, q=query, k=known: c.execute(q, k).all())  # type: ignore[misc]
        seen += [row.detail for row in rows if "B-TREE" not in row.detail]
    return seen


async def test_more_customers_than_one_page_are_all_looked_at(
    home: Home, worker: RetentionWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_module, "PAGE", 2)
    customers = [home.customer(f"customer-{n}@customers.example") for n in range(5)]
    for number, customer in enumerate(customers):
        home.give(customer)
        home.send(f"customer-{number}@customers.example", "Alder kettle")
    move(home, days=months(home, "browsing") * 31 + 5)

    await worker.work()

    assert [home.event_ids(customer) for customer in customers] == [[]] * 5


async def test_hashes_of_erased_events_go_when_their_time_is_over_for_every_category(
    home: Home, worker: RetentionWorker
) -> None:
    ada = home.customer(ADA)
    home.send(ADA, "#W1", type_="order.placed")
    home.erase(ada, "item", home.event_ids(ada)[0])
    counted = text("SELECT count(*) FROM erased_events")
    move(home, days=300)
    await worker.work()
    before = home.database.read_now(lambda c: c.execute(counted).scalar_one())
    move(home, days=max(each.retention_months for each in home.pack.categories) * 31)

    await worker.work()

    assert before == 1
    assert home.database.read_now(lambda c: c.execute(counted).scalar_one()) == 0


async def test_visitors_who_cannot_come_back_are_forgotten(
    home: Home, worker: RetentionWorker
) -> None:
    def register(connection: object) -> str:
        visitor = home.stores.customers.create_visitor(connection, at=home.clock())  # type: ignore[arg-type]
        home.stores.visitors.save_renewal(
            connection,  # type: ignore[arg-type]
            visitor.customer_id,
            renewal="secret",
            expires_at=home.clock() + timedelta(days=30),
        )
        return visitor.customer_id

    visitor = home.database.write_now(register)
    home.say(visitor, "Hello", answer="Good day.")
    await worker.work()
    assert home.database.read_now(lambda c: home.erasures.list_erasures(c, visitor)) == []
    move(home, days=30)

    await worker.work()
    home.work()

    assert home.stores.vault.data_key_numbers(visitor) == ()


async def test_records_of_erasures_go_when_no_backup_can_undo_them(
    home: Home, worker: RetentionWorker
) -> None:
    ada = home.customer(ADA)
    home.erase(ada, "everything")
    home.work()
    move(home, hours=25)
    home.work(until=ErasureState.BACKUP_FINAL)
    move(home, days=35 + 90 - 2)
    await worker.work()
    assert len(home.database.read_now(lambda c: home.erasures.list_erasures(c, ada))) == 1
    move(home, days=1)

    await worker.work()

    assert home.database.read_now(lambda c: home.erasures.list_erasures(c, ada)) == []


def test_the_cuts_of_an_erasure_are_told_by_its_target() -> None:
    cuts = {"orders": 1_700_000_000_000, "browsing": 5}

    assert cuts_of(expired_target(cuts)) == cuts
    assert cuts_of("") == {}
