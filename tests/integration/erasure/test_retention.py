"""What was kept for as long as was said goes, by the way of all erasures, once a day."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.erasure_home import Home

from assistant.core.clock import to_epoch_ms
from assistant.core.erasure import ErasureState
from assistant.profile.retention import Retention
from assistant.store.erasure_scopes import cuts_of, expired_target
from assistant.store.expired_rows import ExpiredRows
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


async def test_one_erasure_a_day_is_enough(home: Home, worker: RetentionWorker) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    home.send(ADA, "Alder kettle")
    move(home, days=months(home, "browsing") * 31 + 5)
    await worker.work()
    home.database.write_now(
        lambda c: c.execute(
            text("UPDATE erasures SET requested_at = :then"), {"then": to_epoch_ms(home.clock())}
        )
    )

    await worker.work()

    assert len(home.database.read_now(lambda c: home.erasures.list_erasures(c, ada))) == 1


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
