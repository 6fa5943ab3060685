"""Two processes write and read while a third changes the customer's data key under them.

Each "process" is a vault and a database of its own over the same two databases. Nothing that was
acknowledged may become unreadable, and nothing may be left under a key that is destroyed.
"""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.databases import PostgresTemplate
from tests.proving import ProofRun
from tests.together import until_the_end

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.core.events import IncomingEvent
from assistant.core.ids import CustomerId
from assistant.store.conversations import ConversationRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.store.events import EventRepository
from assistant.store.reseal import CustomerReseal
from assistant.vault.envelope import number_of
from assistant.vault.key_files import KeyRing, new_key, ring_of
from assistant.vault.vault import Vault

AT = datetime(2026, 3, 2, tzinfo=UTC)
CHANGES_A_LIFE = 4
"""Changes of one customer's key; what each seals anew grows with what was written before."""


@dataclass
class Process:
    """What one process of the service holds open."""

    database: Database
    keys: SqlKeyStore
    vault: Vault
    acknowledged: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, url: str, keys_url: str, ring: KeyRing) -> "Process":
        keys = SqlKeyStore.open(keys_url)
        vault = Vault.unlock(keys, ring)
        database = Database.open(url, pool_size=2)
        database.when_key_stale(vault.forget_all)
        return cls(database, keys, vault)

    def stop(self) -> None:
        self.database.close_now()
        self.keys.close()

    def write(self, customer_id: CustomerId, name: str) -> None:
        """Store one turn with its reply, and one event; note them once they are acknowledged."""
        conversations = ConversationRepository(vault=self.vault)
        events = EventRepository(vault=self.vault)
        turn = self.database.write_now(
            lambda c: conversations.append_utterance(
                c, customer_id, "c1", turn_id=name, text=name, lang="en", at=AT, open_missing=True
            )
        ).turn
        self.database.write_now(
            lambda c: conversations.write_reply(
                c, customer_id, turn.turn_key, reply=name.encode(), state="answered", at=AT
            )
        )
        self.database.write_now(lambda c: events.add_event(c, customer_id, _event(name), at=AT))
        self.acknowledged.append(name)

    def read(self, customer_id: CustomerId) -> set[str]:
        """Return the turns and events that are there, all of them opened."""
        conversations = ConversationRepository(vault=self.vault)
        events = EventRepository(vault=self.vault)
        turns = self.database.read_now(
            lambda c: conversations.list_turns(c, customer_id, "c1", limit=100_000)
        )
        found = self.database.read_now(
            lambda c: events.list_events(c, customer_id, categories=["orders"])
        )
        told = {turn.text for turn in turns if turn.reply == turn.text.encode()}
        return told & {event.id for event in found}

    def rekey(self, customer_id: CustomerId) -> None:
        number = self.vault.add_data_key(customer_id)
        reseal = CustomerReseal(vault=self.vault)
        self.database.write_now(lambda c: reseal.move_fence(c, customer_id))
        while self.database.write_now(lambda c: reseal.step(c, customer_id, limit=8)):
            pass
        self.vault.destroy_data_keys(customer_id, below=number)


def _event(name: str) -> IncomingEvent:
    return IncomingEvent("shop", name, "order.placed", AT, "ada", "orders", {"n": name}, name)


@pytest.fixture
def keys_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[str]:
    """A key database of the same kind as the main one."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'keys' / 'keys.db'}"
        return
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    name = template.create_empty()
    yield template.url(name)
    template.drop(name)


@pytest.fixture
def processes(database_url: str, keys_url: str) -> Iterator[list[Process]]:
    ring = ring_of(new_key())
    started = [Process.start(database_url, keys_url, ring) for _ in range(3)]
    yield started
    for process in started:
        process.stop()


@pytest.mark.proof("Re-keying loses nothing that was acknowledged", small=4, full=300)
def test_nothing_acknowledged_is_lost_while_the_data_key_changes(
    processes: list[Process], proof_run: ProofRun
) -> None:
    left = proof_run.count
    while left:
        changes = min(CHANGES_A_LIFE, left)
        _live_through(processes, f"customer-{left}", changes=changes)
        left -= changes


def _live_through(processes: list[Process], subject: str, *, changes: int) -> None:
    """Let one customer be written to while their data key changes so often."""
    *writers, keeper = processes
    customers = CustomerRepository(vault=keeper.vault)
    customer = keeper.database.write_now(
        lambda c: customers.get_or_create_customer(c, subject, at=AT)
    ).customer_id
    for process in writers:
        process.acknowledged.clear()

    def live(process: Process, number: int, ended: threading.Event) -> None:
        for count in itertools.count(1):
            if ended.is_set():
                return
            process.write(customer, f"{number}-{count}")
            if count % 5 == 0:
                assert set(process.acknowledged) <= process.read(customer)

    with until_the_end(*(partial(live, one, n) for n, one in enumerate(writers))) as ended:
        for _ in range(changes):
            ended.wait(0.03)
            keeper.rekey(customer)

    acknowledged = {name for process in writers for name in process.acknowledged}
    assert len(acknowledged) > changes
    keeper.vault.forget_all()
    assert acknowledged <= keeper.read(customer)
    assert keeper.vault.data_key_numbers(customer) == (changes + 1,)
    assert _numbers(keeper.database, customer) == {changes + 1}


def _numbers(database: Database, customer_id: str) -> set[int]:
    """Return the numbers of the data keys that the customer's turns and events are under."""
    query = text(
        "SELECT utterance_sealed FROM turns WHERE customer_id = :c UNION ALL "
        "SELECT reply_sealed FROM turns WHERE customer_id = :c UNION ALL "
        "SELECT sealed FROM events WHERE customer_id = :c"
    )
    rows = database.read_now(lambda c: c.execute(query, {"c": customer_id}).scalars().all())
    return {number_of(bytes(value)) for value in rows}
