"""A no that was undone in the main database is found by what the erasure ledger knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from tests.consent_chains import audit, begin_erasure, run, shut, tamper
from tests.erasure_home import Home, settings_in
from tests.fakes.clock import SteppableClock

from assistant.cli.check_consents import check_consents, check_published
from assistant.core.ids import CustomerId
from assistant.profile.consent.ledger import ConsentDecision, ConsentLedger
from assistant.profile.consent.published_purposes import publish_pack
from assistant.profile.erasure.ledger import LedgerHashes
from assistant.profile.erasure.ledger_noes import LedgerNoes, UndoneNo
from assistant.store.consents import Decision
from assistant.store.engine import Connection, Database
from assistant.store.tables import METADATA

PURPOSE = "answer_from_history"
LATER_STATES = ("KEY_DESTROYED", "ROWS_PURGED", "PHYSICALLY_VERIFIED", "BACKUP_FINAL")
OWN = [METADATA.tables[name] for name in ("customers", "customer_directory", "consent_events")]


@dataclass
class Deciding:
    """A service in which customers decide, and what is found of it."""

    home: Home
    clock: SteppableClock

    def decide(
        self, customer: str, decision: Decision, *categories: str, purpose: str = PURPOSE
    ) -> None:
        self.clock.advance(seconds=1)
        stores, shown = self.home.stores, self.home.pack.disclose(purpose)
        ledger = ConsentLedger(
            pack=self.home.pack,
            consents=stores.consents,
            customers=stores.customers,
            on_no=stores.recorder.record_no,
        )
        made = ConsentDecision(
            customer_id=CustomerId(customer),
            purpose=purpose,
            decision=decision,
            channel="api",
            at=self.clock(),
            version=shown.version if decision == "given" else None,
            text_sha256=shown.text_sha256 if decision == "given" else None,
            categories=frozenset(categories) or None,
        )
        self.home.database.write_now(lambda c: ledger.decide(c, made))

    def undone(self) -> list[UndoneNo]:
        stores = self.home.stores
        noes = LedgerNoes(
            ledger=stores.ledger,
            hashes=LedgerHashes(stores.vault),
            consents=stores.consents,
            purposes=[purpose.id for purpose in self.home.pack.purposes],
        )
        return list(noes.find_undone(self.home.database.read_now))

    def chain(self, customer: str) -> tuple[int, bytes | None]:
        """Length and head of a customer's chain: what an attacker notes down."""
        consents = self.home.stores.consents
        return self.home.database.read_now(
            lambda c: (len(consents.list_events(c, customer)), consents.find_head(c, customer))
        )


@pytest.fixture
def deciding(tmp_path: Path, database_url: str) -> Iterator[Deciding]:
    clock = SteppableClock()
    home = Home(settings_in(tmp_path, database_url), clock)
    yield Deciding(home, clock)
    home.close()


@pytest.fixture
def ada(deciding: Deciding) -> CustomerId:
    """A customer who said yes, and of another purpose no."""
    customer = deciding.home.customer("ada@mail.example")
    deciding.decide(customer, "given")
    deciding.decide(customer, "refused", purpose="learn_why")
    return customer


def put_back(deciding: Deciding, length: int, head: bytes | None) -> None:
    """Leave the chain as it was: well-formed, with the head that belongs to it."""
    tamper(
        deciding.home.database,
        "DELETE FROM consent_events WHERE seq > :length",
        "UPDATE customers SET consent_head = :head",
        length=length,
        head=head,
    )


def test_noes_that_stand_or_were_followed_by_a_yes_are_in_order(
    deciding: Deciding, ada: CustomerId
) -> None:
    deciding.decide(ada, "withdrawn", "orders")
    deciding.decide(ada, "given", "orders")
    deciding.decide(ada, "withdrawn")
    visitor = deciding.home.database.write_now(
        lambda c: deciding.home.stores.customers.create_visitor(c, at=deciding.clock())
    )
    deciding.decide(visitor.customer_id, "refused")

    assert deciding.undone() == []


def test_a_chain_that_was_put_back_is_whole_and_found(deciding: Deciding, ada: CustomerId) -> None:
    before = deciding.chain(ada)
    deciding.decide(ada, "withdrawn", "orders")

    put_back(deciding, *before)

    assert audit(deciding.home.database, deciding.home.stores.vault) == []
    assert deciding.undone() == [UndoneNo(ada, PURPOSE, deciding.clock())]
    (finding,) = check_consents(deciding.home.settings)
    assert finding.level == "error"
    assert "is in the erasure ledger and not among their decisions" in finding.text


def test_a_chain_that_was_wiped_is_found(deciding: Deciding, ada: CustomerId) -> None:
    deciding.decide(ada, "withdrawn", "orders")

    put_back(deciding, 0, None)

    assert audit(deciding.home.database, deciding.home.stores.vault) == []
    assert {no.purpose for no in deciding.undone()} == {PURPOSE, "learn_why"}


def test_a_chain_that_was_put_back_stays_found_when_it_goes_on(
    deciding: Deciding, ada: CustomerId
) -> None:
    before = deciding.chain(ada)
    deciding.decide(ada, "withdrawn", "orders")
    put_back(deciding, *before)

    deciding.decide(ada, "given", "browsing")

    assert [no.purpose for no in deciding.undone()] == [PURPOSE]


def erase_as_if_asked(database: Database, customer: str) -> None:
    """Take an erasure that nobody asked for through every state, and forget it."""
    run(database, begin_erasure("everything"), customer=customer, hash=bytes(32))
    run(
        database,
        "UPDATE erasures SET state = 'KEY_DESTROYED'",
        f"UPDATE customers SET sealing = {shut(database)}",
        *(f"DELETE FROM {table.name}" for table in reversed(OWN)),
    )
    for state in LATER_STATES[1:]:
        run(database, f"UPDATE erasures SET state = '{state}'")
    run(database, "DELETE FROM erasures")


def test_what_gets_past_every_trigger_with_patience_is_found(
    deciding: Deciding, ada: CustomerId
) -> None:
    """Pretending an erasure to its very end frees the id; the ledger never heard of it."""
    database, before = deciding.home.database, deciding.chain(ada)
    kept = {
        table: database.read_now(
            lambda c, own=table: c.execute(select(own).order_by(*own.primary_key)).mappings().all()
        )
        for table in OWN
    }
    deciding.decide(ada, "withdrawn", "orders")
    erase_as_if_asked(database, ada)

    def come_back(connection: Connection) -> None:
        for table, rows in kept.items():
            connection.execute(insert(table), [dict(row) for row in rows])

    database.write_now(come_back)

    assert deciding.chain(ada) == before
    assert audit(database, deciding.home.stores.vault) == []
    assert [(no.customer_id, no.purpose) for no in deciding.undone()] == [(ada, PURPOSE)]


def mark_all(deciding: Deciding) -> None:
    """Mark the whole ledger by one mark, as a replay does after a restore."""
    stores = deciding.home.stores
    last = stores.ledger.reach().last
    stores.database.write_now(lambda c: stores.marks.mark_up_to(c, last.seq, last.entry_hash))


def test_after_a_restore_it_only_counts_that_no_older_yes_stands(
    deciding: Deciding, ada: CustomerId
) -> None:
    before = deciding.chain(ada)
    deciding.decide(ada, "refused", "orders", purpose="learn_why")
    mark_all(deciding)
    put_back(deciding, *before)

    assert deciding.undone() == []


def test_an_older_yes_that_stands_is_found_whatever_the_marks_say(
    deciding: Deciding, ada: CustomerId
) -> None:
    before = deciding.chain(ada)
    deciding.decide(ada, "withdrawn", "orders")
    mark_all(deciding)
    put_back(deciding, *before)

    assert [no.purpose for no in deciding.undone()] == [PURPOSE]


def test_a_no_without_a_mark_waits_for_the_next_start(deciding: Deciding, ada: CustomerId) -> None:
    before = deciding.chain(ada)
    deciding.decide(ada, "withdrawn", "orders")
    put_back(deciding, *before)
    run(deciding.home.database, "DELETE FROM ledger_marks")

    assert deciding.undone() == []


def test_the_noes_of_whom_everything_was_erased_are_not_missed(
    deciding: Deciding, ada: CustomerId
) -> None:
    deciding.decide(ada, "withdrawn", "orders")
    deciding.home.erase(ada, "everything")

    assert deciding.undone() == []
    deciding.home.work()
    assert deciding.undone() == []


STRAY = text(
    "INSERT INTO published_purposes (purpose, version, lang, text_sha256, text, definition, "
    "definition_sha256, published_at) SELECT :purpose, :version, lang, text_sha256, text, "
    "definition, definition_sha256, published_at FROM published_purposes "
    "WHERE purpose = 'learn_why' AND lang = 'en'"
)


@pytest.mark.parametrize(
    ("purpose", "version", "told"),
    [
        ("learn_why", 99, "knows no version after"),
        ("resell", 1, "the pack has no such purpose"),
    ],
)
def test_check_names_what_was_published_past_the_pack(
    deciding: Deciding, purpose: str, version: int, told: str
) -> None:
    home = deciding.home
    publish_pack(home.database, home.pack, home.stores.published, at=deciding.clock())
    (before,) = check_published(home.settings)
    values = {"purpose": purpose, "version": version}
    home.database.write_now(lambda c: c.execute(STRAY, values))

    (finding,) = check_published(home.settings)

    assert (before.level, finding.level) == ("ok", "error")
    assert told in finding.text
