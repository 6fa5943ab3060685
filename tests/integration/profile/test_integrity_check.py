"""The operator's check of facts: verdicts without words, an entry for each customer, no alarm."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.fakes.clock import SteppableClock
from tests.transparency_parts import open_transparency
from tests.why_parts import WhyParts

from assistant.core.actor import Role
from assistant.core.ids import CustomerId
from assistant.profile.questions.integrity_check import PURPOSE, FactCheck, FactVerdicts
from assistant.profile.transparency.access_watch import AccessWatch, ReadingLimits
from assistant.store.access_alarms import AccessAlarm, AccessAlarmRepository
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.customer_blocks import CustomerBlocks
from assistant.store.engine import Connection, Database
from assistant.store.facts import FactRepository
from assistant.vault.vault import Vault

ACTOR = "operator:mo"
KEPT = "Zanzibar beans are my favourite."
LIMITS = ReadingLimits(
    customers=3, items=50, service_customers=9, service_items=99, window=timedelta(hours=1)
)


@pytest.fixture
def parts(database: Database, vault: Vault, clock: SteppableClock) -> WhyParts:
    return WhyParts.of(database, vault, clock)  # type: ignore[return-value]


def check(parts: WhyParts) -> FactVerdicts:
    facts = FactCheck(facts=FactRepository(vault=parts.vault), customers=parts.customers)
    return facts.run(parts.database.write_now, actor=ACTOR, at=parts.clock())


def checks(parts: WhyParts, customer_id: CustomerId) -> list[Access]:
    log = AccessLogRepository()
    listed = parts.database.read_now(lambda c: log.list_accesses(c, customer_id))
    return [entry for entry in listed if entry.reading == "check"]


def spoil(parts: WhyParts, fact_id: str, words_of: str) -> None:
    """Put the sealed words of another fact in the place of a fact's own."""
    statement = text(
        "UPDATE facts SET statement_sealed = (SELECT statement_sealed FROM facts"
        " WHERE fact_id = :words_of) WHERE fact_id = :fact_id"
    )
    values = {"fact_id": fact_id, "words_of": words_of}
    parts.database.write_now(lambda c: c.execute(statement, values))


def put_back(parts: WhyParts, folder: Path, fact_id: str, earlier: tuple[bytes, bytes]) -> None:
    """Put earlier words into a fact with the tag they had, with every rule of ours lifted."""
    if parts.database.dialect == "sqlite":
        with closing(sqlite3.connect(folder / "assistant.db")) as raw, raw:
            raw.execute("DROP TRIGGER facts_guard_update")
            change = "UPDATE facts SET statement_sealed = ?, tag = ? WHERE fact_id = ?"
            raw.execute(change, (*earlier, fact_id))
        return

    def write(connection: Connection) -> None:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        statement = "UPDATE facts SET statement_sealed = :sealed, tag = :tag WHERE fact_id = :of"
        values = {"sealed": earlier[0], "tag": earlier[1], "of": fact_id}
        connection.execute(text(statement), values)

    parts.database.write_now(write)


def look(parts: WhyParts) -> list[AccessAlarm]:
    watch = AccessWatch(alarms=AccessAlarmRepository(), limits=LIMITS)
    return list(parts.database.write_now(lambda c: watch.look(c, now=parts.clock())))


def test_each_customer_whose_facts_were_opened_has_one_entry_with_the_count(
    parts: WhyParts, clock: SteppableClock
) -> None:
    ada, ben = parts.customer("ada@mail.example"), parts.customer("ben@mail.example")
    without = parts.customer("kit@mail.example")
    for words in (KEPT, "I cook for two."):
        parts.fact(ada, words)
    parts.fact(ben, "Quiet appliances matter to me.")

    found = check(parts)

    assert (found.facts, found.unsound) == (3, [])
    for customer_id, items in ((ada, 2), (ben, 1)):
        (entry,) = checks(parts, customer_id)
        assert (entry.role, entry.actor, entry.purpose) == (Role.OPERATOR, ACTOR, PURPOSE)
        assert (entry.items, entry.item_ids, entry.at) == (items, (), clock())
        assert entry.categories == {"stated_reasons"}
        assert entry.turn_key is None
    assert checks(parts, without) == []


def test_the_customer_sees_the_check_where_everything_of_theirs_is_shown(parts: WhyParts) -> None:
    ada = parts.customer("ada@mail.example")
    parts.fact(ada, KEPT)
    check(parts)

    transparency = open_transparency(parts.database, parts.vault)
    page = parts.database.read_now(
        lambda c: transparency.page(c, ada, lang="en", limit=50, only="access_log")
    )
    told = [{field.name: field.value for field in item.fields} for item in page.items]
    assert [(row["actor"], row["reading"], row["purpose"]) for row in told] == [
        (ACTOR, "check", PURPOSE)
    ]


def test_a_fact_that_does_not_fit_is_named_without_its_words(parts: WhyParts) -> None:
    ada, ben = parts.customer("ada@mail.example"), parts.customer("ben@mail.example")
    fact, other = parts.fact(ada, KEPT), parts.fact(ada, "I cook for two.")
    parts.fact(ben, "Quiet appliances matter to me.")
    spoil(parts, fact.fact_id, words_of=other.fact_id)

    found = check(parts)

    assert [(one.customer_id, one.fact_id) for one in found.unsound] == [(ada, fact.fact_id)]
    assert KEPT not in repr(found)
    assert len(checks(parts, ada)) == 1


def test_earlier_words_with_their_own_tag_are_not_those_that_were_confirmed_last(
    parts: WhyParts, data_folder: Path
) -> None:
    """The words fit their tag; it is the confirmation that has another one since."""
    ada = parts.customer("ada@mail.example")
    fact = parts.fact(ada, KEPT)
    read = text("SELECT statement_sealed, tag FROM facts WHERE fact_id = :of")
    sealed, tag = parts.database.read_now(lambda c: c.execute(read, {"of": fact.fact_id}).one())
    parts.write(lambda c: parts.facts.correct(c, ada, fact.fact_id, "No beans.", at=parts.clock()))

    put_back(parts, data_folder, fact.fact_id, (sealed, tag))

    assert [one.fact_id for one in check(parts).unsound] == [fact.fact_id]
    assert [(each.state, each.statement) for each in parts.list_facts(ada)] == [("damaged", "")]


def test_what_cannot_be_logged_yields_no_verdict(
    parts: WhyParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the log is full")

    parts.fact(parts.customer("ada@mail.example"), KEPT)
    monkeypatch.setattr(AccessLogRepository, "add_access", fail)

    with pytest.raises(OSError, match="the log is full"):
        check(parts)


def test_a_customer_who_is_being_erased_is_left_alone(parts: WhyParts) -> None:
    ada = parts.customer("ada@mail.example")
    parts.fact(ada, KEPT)
    parts.database.write_now(lambda c: CustomerBlocks().block(c, ada, at=parts.clock()))

    assert check(parts).facts == 0
    assert checks(parts, ada) == []


def test_checking_everybody_raises_no_alarm_and_hides_none(parts: WhyParts) -> None:
    """With more customers than the limit: the check is silent, reading as many is not."""
    everybody = [parts.customer(f"customer-{number}.example") for number in range(4)]
    for customer_id in everybody:
        parts.fact(customer_id, KEPT)
    check(parts)
    assert look(parts) == []

    log, at = AccessLogRepository(), parts.clock()
    read = Access(Role.OPERATOR, "own_request", frozenset({"orders"}), 1, (), at, None, ACTOR)
    for customer_id in everybody:
        parts.database.write_now(partial(log.add_access, customer_id=customer_id, access=read))

    (alarm,) = look(parts)
    assert (alarm.actor, alarm.customers, alarm.items) == (ACTOR, 4, 4)
