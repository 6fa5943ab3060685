"""No personal content reaches a file or a table in the clear, whatever form it could take."""

import base64
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import text
from tests.canary import Canary, canary_text, canary_vector, scan_database, scan_folder
from tests.canary_forms import CanarySearch
from tests.profile_parts import Parts
from tests.question_parts import QuestionDesk

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.core.actor import Role
from assistant.core.events import IncomingEvent
from assistant.core.ids import CustomerId, TurnKey
from assistant.profile.questions.views import Proposal
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.consents import ConsentEntry, ConsentRepository
from assistant.store.conversations import ConversationRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.store.events import EventRepository
from assistant.store.feedback import FeedbackRepository, KnowledgeGap
from assistant.store.handoffs import HandoffRepository
from assistant.store.history_blocks import HistoryBlock, HistoryBlockRepository
from assistant.store.intake_state import IntakeStateRepository
from assistant.store.tables import CATALOGUE
from assistant.store.uses import Use, UseRepository
from assistant.store.visitors import VisitorRepository
from assistant.vault.key_files import new_key, ring_of
from assistant.vault.vault import Vault

AT = datetime(2026, 3, 2, tzinfo=UTC)
TEXTS = {
    name: f"{name}-känguru-☂-4711-{name}"
    for name in (
        "external_id",
        "renewal",
        "turn_id",
        "utterance",
        "reply",
        "source",
        "event_id",
        "payload",
        "rendering",
        "packed",
        "evidence",
        "fact",
        "unconfirmed",
    )
}
VECTOR: NDArray[np.float32] = np.random.default_rng(7).standard_normal(384).astype(np.float32)
VECTOR /= np.linalg.norm(VECTOR)
CANARIES = [*(canary_text(content) for content in TEXTS.values()), canary_vector("one", VECTOR)]


class EveryRepository:
    """Gives each repository canaries wherever it takes personal content."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def write_all(self, connection: Connection) -> None:
        customers = CustomerRepository(vault=self._vault)
        customer = customers.get_or_create_customer(connection, TEXTS["external_id"], at=AT)
        customer_id = customer.customer_id
        customers.bump_epoch(connection, customer_id)
        visitor = customers.create_visitor(connection, at=AT)
        VisitorRepository(vault=self._vault).save_renewal(
            connection, visitor.customer_id, renewal=TEXTS["renewal"], expires_at=AT
        )
        turn_key = self._chat(connection, customer_id)
        self._history(connection, customer_id)
        self._accountability(connection, customer_id, turn_key)

    def _chat(self, connection: Connection, customer_id: CustomerId) -> TurnKey:
        conversations = ConversationRepository(vault=self._vault)
        conversations.open_conversation(connection, customer_id, "c1", lang="en", at=AT)
        turn = conversations.append_utterance(
            connection,
            customer_id,
            "c1",
            turn_id=TEXTS["turn_id"],
            text=TEXTS["utterance"],
            lang="en",
            at=AT,
        ).turn
        conversations.write_reply(
            connection,
            customer_id,
            turn.turn_key,
            reply=TEXTS["reply"].encode(),
            state="answered",
            at=AT,
        )
        feedback = FeedbackRepository()
        feedback.save_feedback(connection, customer_id, turn.turn_key, helped=True, at=AT)
        feedback.add_gap(connection, KnowledgeGap(customer_id, turn.turn_key, None, 0.1, AT))
        HandoffRepository().request(connection, customer_id, "c1", reason="asked", at=AT)
        return turn.turn_key

    def _history(self, connection: Connection, customer_id: CustomerId) -> None:
        event = IncomingEvent(
            source=TEXTS["source"],
            id=TEXTS["event_id"],
            type="order.placed",
            time=AT,
            subject=TEXTS["external_id"],
            category="orders",
            data={"note": TEXTS["payload"], "items": [{"name": TEXTS["payload"]}]},
            rendering=TEXTS["rendering"],
        )
        events = EventRepository(vault=self._vault)
        events.add_event(connection, customer_id, event, at=AT)
        events.add_event(connection, customer_id, event, at=AT)
        quantised = np.round(VECTOR / np.abs(VECTOR).max() * 127).astype(np.int8)
        packed = VECTOR.tobytes() + VECTOR.astype("<f2").tobytes() + quantised.tobytes()
        block = HistoryBlock(1, "hashing-384", "e1", 1, packed + TEXTS["packed"].encode())
        HistoryBlockRepository(vault=self._vault).save_block(connection, customer_id, block)

    def _accountability(
        self, connection: Connection, customer_id: CustomerId, turn_key: TurnKey
    ) -> None:
        evidence = {"name": TEXTS["evidence"], "subject": TEXTS["external_id"]}
        entry = ConsentEntry("learn_why", 1, "orders", "given", AT, "ab" * 32, "web", evidence)
        ConsentRepository(vault=self._vault).append(connection, customer_id, [entry])
        use = Use("event", "e1", "orders", "learn_why", AT, turn_key)
        UseRepository().add_uses(connection, customer_id, [use])
        access = Access(Role.ASSISTANT, "learn_why", frozenset({"orders"}), 1, ("e1",), AT)
        AccessLogRepository().add_access(connection, customer_id, access)
        intake = IntakeStateRepository()
        intake.count_refusals(connection, category="orders", code="erased", count=1, at=AT)
        intake.save_progress(connection, "00" * 32, line=1, at=AT)


@pytest.fixture
def sealed_vault(data_folder: Path) -> Iterator[Vault]:
    """A vault whose key database lies in the scanned folder, which it normally never does."""
    keys = SqlKeyStore.open(f"sqlite:///{data_folder / 'keys' / 'keys.db'}")
    yield Vault.unlock(keys, ring_of(new_key()))
    keys.close()


@pytest.fixture
def written(database: Database, sealed_vault: Vault) -> Database:
    """A database that every repository has written to, twice over (so that rows change too)."""
    for _ in range(2):
        database.write_now(_forget_first_block)
        database.write_now(EveryRepository(sealed_vault).write_all)
    _tell_reasons(database, sealed_vault)
    return database


def _tell_reasons(database: Database, vault: Vault) -> None:
    """Confirm one reason, and leave another before it was."""
    parts = Parts.of(database, vault, lambda: AT)
    desk = QuestionDesk(parts)
    customer = parts.customer(TEXTS["external_id"])
    desk.store_fact(customer, TEXTS["fact"])
    proposal = Proposal("volunteered", AT, "en", words=TEXTS["unconfirmed"])
    database.write_now(lambda c: desk.questions.propose(c, customer, proposal))


def test_every_sealed_column_was_written(written: Database) -> None:
    def empty(connection: Connection) -> set[str]:
        counts = {
            f"{name}.{column}": connection.execute(
                text(f"SELECT count({column}) FROM {name}")
            ).scalar_one()
            for name, rule in CATALOGUE.items()
            for column in rule.places
        }
        return {name for name, count in counts.items() if not count}

    assert written.read_now(empty) == set()


def test_no_canary_is_in_any_table(written: Database) -> None:
    assert written.read_now(lambda c: scan_database(c, CANARIES)) == []


def test_no_canary_is_in_any_file(written: Database, data_folder: Path) -> None:
    while_open = scan_folder(data_folder, CANARIES)
    names = {path.name for path in data_folder.iterdir()}
    written.close_now()

    assert while_open == []
    assert scan_folder(data_folder, CANARIES) == []
    if written.dialect == "sqlite":
        assert {"assistant.db", "assistant.db-wal", "assistant.db-shm"} <= names


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.name)
def test_the_scan_finds_each_form_that_is_there(canary: Canary) -> None:
    search = CanarySearch([canary])
    for form, needles in canary.forms.items():
        for number, needle in enumerate(needles):
            planted = os.urandom(5000 + number % 8) + needle + os.urandom(number % 11)
            found = search.scan("planted", planted)
            assert form in {sighting.form for sighting in found}


@pytest.mark.parametrize("shift", range(6))
def test_the_scan_finds_base64_at_every_alignment(shift: int, tmp_path: Path) -> None:
    wrapped = base64.b64encode(bytes(shift) + TEXTS["utterance"].encode() + b"and more")
    (tmp_path / "planted").write_bytes(wrapped)

    found = scan_folder(tmp_path, CANARIES)

    assert {(one.canary, one.form) for one in found} >= {(CANARIES[3].name, "base64")}


def test_the_scan_finds_what_a_table_holds_in_the_clear(written: Database) -> None:
    def plant(connection: Connection) -> None:
        connection.execute(
            text("UPDATE turns SET reply_sealed = :vector, state = :said"),
            {"vector": VECTOR.astype("<f2").tobytes(), "said": TEXTS["utterance"]},
        )

    written.write_now(plant)

    found = written.read_now(lambda c: scan_database(c, CANARIES))
    assert {(one.place, one.form) for one in found} >= {
        ("table turns", "f16"),
        ("table turns", "utf-8"),
    }


def test_the_scan_finds_what_a_database_file_holds_in_the_clear(
    sqlite_database: Database, data_folder: Path
) -> None:
    sqlite_database.write_now(
        lambda c: c.execute(
            text("INSERT INTO intake_progress VALUES (:said, 1, 0)"), {"said": TEXTS["reply"]}
        )
    )

    found = scan_folder(data_folder, CANARIES)

    assert any(one.place.endswith("-wal") and one.form == "utf-8" for one in found)


def _forget_first_block(connection: Connection) -> None:
    connection.execute(text("DELETE FROM history_blocks"))
