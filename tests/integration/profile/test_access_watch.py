"""Reading in bulk raises one alarm that names the reader and no customer."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import structlog
from tests.fakes.clock import SteppableClock
from tests.profile_parts import Parts

from assistant.core.actor import Role
from assistant.core.ids import TurnKey
from assistant.profile.transparency.access_watch import AccessWatch, ReadingLimits
from assistant.store.access_alarms import AccessAlarm, AccessAlarmRepository
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.engine import Connection, Database
from assistant.workers.access_worker import AccessWorker

LIMITS = ReadingLimits(
    customers=3, items=50, service_customers=10, service_items=1_000, window=timedelta(hours=1)
)


def read(
    parts: Parts,
    *,
    customers: int,
    items: int = 1,
    role: Role = Role.OPERATOR,
    actor: str = "operator:mo",
    turn_key: TurnKey | None = None,
) -> list[str]:
    """Write that somebody read ``items`` of each of so many customers; return who was read."""
    log, at = AccessLogRepository(), parts.clock()
    read_of = [parts.customer(f"customer-{number}.example") for number in range(customers)]
    entry = Access(role, "own_request", frozenset({"orders"}), items, (), at, turn_key, actor)
    for customer in read_of:
        parts.database.write_now(lambda c, who=customer: log.add_access(c, who, entry))
    return [str(customer) for customer in read_of]


def look(parts: Parts) -> list[AccessAlarm]:
    watch = AccessWatch(alarms=AccessAlarmRepository(), limits=LIMITS)
    return list(parts.database.write_now(lambda c: watch.look(c, now=parts.clock())))


def kept(parts: Parts, clock: Callable[[], datetime]) -> list[AccessAlarm]:
    now = clock()
    return list(
        parts.database.read_now(
            lambda c: AccessAlarmRepository().list_alarms(
                c, since=now - timedelta(days=1), until=now + timedelta(days=1)
            )
        )
    )


def test_reading_as_much_as_allowed_raises_nothing(parts: Parts) -> None:
    read(parts, customers=3, items=16)

    assert look(parts) == []


def test_too_many_customers_raise_one_alarm_with_the_numbers(
    parts: Parts, clock: SteppableClock
) -> None:
    read(parts, customers=4)

    (alarm,) = look(parts)
    assert (alarm.actor, alarm.role, alarm.customers, alarm.items) == (
        "operator:mo",
        Role.OPERATOR,
        4,
        4,
    )
    assert kept(parts, clock) == [alarm]


def test_too_many_items_of_few_customers_raise_an_alarm(parts: Parts) -> None:
    read(parts, customers=1, items=51)

    assert [alarm.items for alarm in look(parts)] == [51]


def test_an_alarm_is_told_once_a_window_and_goes_on_counting(
    parts: Parts, clock: SteppableClock
) -> None:
    read(parts, customers=4)
    first = look(parts)
    read(parts, customers=6)
    again = look(parts)

    assert (len(first), again) == (1, [])
    assert [alarm.customers for alarm in kept(parts, clock)] == [6]


def test_what_lies_before_the_window_does_not_count(parts: Parts, clock: SteppableClock) -> None:
    read(parts, customers=3)
    clock.advance(hours=2)
    read(parts, customers=2)

    assert look(parts) == []


def test_what_customers_own_turns_asked_for_counts_for_nobody(parts: Parts) -> None:
    read(parts, customers=30, items=99, role=Role.ASSISTANT, turn_key=TurnKey("t"), actor="")

    assert look(parts) == []


@pytest.mark.parametrize(("customers", "alarms"), [(10, 0), (11, 1)])
def test_workers_have_wider_limits(parts: Parts, customers: int, alarms: int) -> None:
    read(parts, customers=customers, role=Role.WORKER, actor="history-indexing")

    assert len(look(parts)) == alarms


def test_each_reader_has_their_own_count(parts: Parts) -> None:
    read(parts, customers=3, actor="operator:mo")
    read(parts, customers=3, actor="operator:jo")
    read(parts, customers=4, actor="agent:kit", role=Role.AGENT)

    assert [alarm.actor for alarm in look(parts)] == ["agent:kit"]


def test_looking_reads_the_index_of_what_no_turn_asked_for(sqlite_database: Database) -> None:
    """The cost grows with what was read unasked in the window, not with what is stored."""

    def plan(connection: Connection, statement: str) -> str:
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all())

    next_actor = "SELECT min(actor) FROM access_log WHERE turn_key IS NULL AND actor > ''"
    volume = (
        "SELECT role, count(DISTINCT customer_id), sum(items) FROM access_log "
        "WHERE turn_key IS NULL AND actor = 'x' AND at > 0 GROUP BY role"
    )
    for statement in (next_actor, volume):
        found = sqlite_database.read_now(lambda c, sql=statement: plan(c, sql))
        assert "ix_access_log_unasked" in found


async def test_the_worker_logs_and_counts_an_alarm_without_naming_customers(
    parts: Parts,
) -> None:
    told: list[None] = []
    named = read(parts, customers=4)
    worker = AccessWorker(
        database=parts.database,
        watch=AccessWatch(alarms=AccessAlarmRepository(), limits=LIMITS),
        clock=parts.clock,
        on_alarm=lambda: told.append(None),
    )

    with structlog.testing.capture_logs() as lines:
        more = [await worker.work(), await worker.work()]

    assert more == [False, False]
    assert len(told) == 1
    (line,) = [line for line in lines if line["event"] == "bulk_reading"]
    assert (line["log_level"], line["actor"], line["customers"]) == ("warning", "operator:mo", 4)
    assert not [customer for customer in named if customer in str(line)]
