"""Nothing is written under an outdated data key, whichever process tries."""

import threading
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.fakes.clock import SteppableClock
from tests.fakes.key_store import InMemoryKeyStore
from tests.together import beside

from assistant.core.errors import NotFound, StaleDataKey
from assistant.core.ids import ConversationId, CustomerId
from assistant.store.conversations import ConversationRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.store.reseal import CustomerReseal
from assistant.store.tables import CATALOGUE, ColumnKind
from assistant.vault.envelope import SHUT, number_of
from assistant.vault.vault import Vault

SECOND = b"\x02\0\0\0\x02"
SEALED = {
    (table, column)
    for table, rule in CATALOGUE.items()
    for column, kind in rule.columns.items()
    if kind is ColumnKind.SEALED
}
Say = Callable[[str], object]


def _turn(connection: Connection, customer_id: str, column: str) -> bytes | None:
    statement = text(f"SELECT {column} FROM turns WHERE customer_id = :c ORDER BY seq DESC LIMIT 1")
    value = connection.execute(statement, {"c": customer_id}).scalar_one()
    return None if value is None else bytes(value)


def _set(connection: Connection, customer_id: str, table: str, column: str, value: object) -> None:
    statement = text(f"UPDATE {table} SET {column} = :v WHERE customer_id = :c")
    connection.execute(statement, {"v": value, "c": customer_id})


@pytest.fixture
def append(
    database: Database,
    conversations: ConversationRepository,
    ada: CustomerId,
    conversation: ConversationId,
    clock: SteppableClock,
) -> Say:
    """Let Ada say something, sealed by the vault of the test."""
    return lambda said: _append(database, conversations, ada, conversation, said, clock())


def _append(
    database: Database,
    conversations: ConversationRepository,
    customer_id: str,
    conversation_id: str,
    said: str,
    at: datetime,
) -> None:
    database.write_now(
        lambda c: conversations.append_utterance(
            c, customer_id, conversation_id, turn_id=said, text=said, lang="en", at=at
        )
    )


def test_every_sealed_column_is_fenced(database: Database) -> None:
    def fenced(connection: Connection) -> set[tuple[str, str]]:
        if connection.dialect.name == "sqlite":
            query = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
            names = {name for _, name in connection.execute(text(query))}
            return {
                (table, column)
                for table, column in SEALED
                if {f"{table}_{column}_fence_{on}" for on in ("insert", "update")} <= names
            }
        query = "SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'fence%'"
        bodies = {row.proname: row.prosrc for row in connection.execute(text(query))}
        triggers = set(connection.execute(text("SELECT tgname FROM pg_trigger")).scalars())
        return {
            (table, column)
            for table, column in SEALED
            if f"NEW.{column} < oldest" in bodies.get(f"fence_{table}", "")
            and {f"{table}_fence_{on}" for on in ("insert", "update")} <= triggers
        }

    assert SEALED - database.read_now(fenced) == set()


def test_values_under_an_older_key_are_refused(
    database: Database, ada: CustomerId, append: Say
) -> None:
    append("before")
    database.write_now(lambda c: _set(c, ada, "customers", "sealing", SECOND))

    with pytest.raises(StaleDataKey):
        append("after")
    for table, column in (
        ("turns", "utterance_sealed"),
        ("turns", "reply_sealed"),
        ("customers", "external_sealed"),
    ):
        with pytest.raises(StaleDataKey):
            database.write_now(lambda c, t=table, n=column: _set(c, ada, t, n, b"\x01" + bytes(40)))


def test_a_refused_write_says_why_to_whoever_writes_past_the_engine(
    database: Database, ada: CustomerId, append: Say
) -> None:
    append("before")
    database.write_now(lambda c: _set(c, ada, "customers", "sealing", SECOND))

    def write(connection: Connection) -> str:
        with pytest.raises(DBAPIError) as refusal, connection.begin_nested():
            _set(connection, ada, "turns", "reply_sealed", b"\x01" + bytes(40))
        return str(refusal.value.orig)

    assert "stale data key" in database.write_now(write)


def test_what_changes_no_sealed_value_passes_the_fence(
    database: Database, ada: CustomerId, append: Say
) -> None:
    append("before")
    database.write_now(lambda c: _set(c, ada, "customers", "sealing", SECOND))

    def change(connection: Connection) -> None:
        _set(connection, ada, "turns", "state", "answered")
        same = _turn(connection, ada, "utterance_sealed")
        _set(connection, ada, "turns", "utterance_sealed", same)
        _set(connection, ada, "turns", "reply_sealed", None)
        _set(connection, ada, "customers", "consent_epoch", 7)

    database.write_now(change)


def test_values_under_the_asked_for_or_a_later_key_pass_the_fence(
    database: Database, ada: CustomerId, append: Say
) -> None:
    append("before")
    database.write_now(lambda c: _set(c, ada, "customers", "sealing", SECOND))

    for later in (SECOND, b"\x02\0\0\0\x03", b"\x02\0\x01\0\0"):
        value = later + bytes(40)
        database.write_now(lambda c, v=value: _set(c, ada, "turns", "reply_sealed", v))
        assert database.read_now(lambda c: _turn(c, ada, "reply_sealed")) == value


def test_a_fence_is_one_customer_s_own(
    database: Database, ada: CustomerId, ben: CustomerId, append: Say
) -> None:
    database.write_now(lambda c: _set(c, ben, "customers", "sealing", SHUT))

    append("still welcome")


def test_a_shut_fence_refuses_every_key_at_once_and_makes_nobody_forget(
    database: Database, ada: CustomerId, append: Say
) -> None:
    forgot: list[None] = []
    database.when_key_stale(lambda: forgot.append(None))
    append("before")
    database.write_now(lambda c: _set(c, ada, "customers", "sealing", SHUT))

    for header in (b"\x01", SECOND, b"\x02\xff\xff\xff\xff"):
        with pytest.raises(StaleDataKey):
            database.write_now(
                lambda c, h=header: _set(c, ada, "turns", "reply_sealed", h + bytes(40))
            )
    assert forgot == []


@pytest.fixture
def elsewhere(key_store: InMemoryKeyStore, vault: Vault) -> Vault:
    """The vault of another process over the same keys."""
    return Vault(keys=key_store, wrapping=vault._wrapping)


def test_a_write_under_a_key_outdated_elsewhere_runs_again_under_the_new_one(
    database: Database, vault: Vault, elsewhere: Vault, ada: CustomerId, append: Say
) -> None:
    database.when_key_stale(vault.forget_all)
    append("before")
    number = elsewhere.add_data_key(ada)
    database.write_now(lambda c: CustomerReseal(vault=elsewhere).move_fence(c, ada))

    append("after")

    sealed = database.read_now(lambda c: _turn(c, ada, "utterance_sealed"))
    assert number_of(sealed or b"") == number == 2


def test_a_write_whose_keeper_never_forgets_is_refused_in_the_end(
    database: Database, elsewhere: Vault, ada: CustomerId, append: Say
) -> None:
    runs: list[None] = []
    database.when_key_stale(lambda: runs.append(None))
    append("before")
    elsewhere.add_data_key(ada)
    database.write_now(lambda c: CustomerReseal(vault=elsewhere).move_fence(c, ada))

    with pytest.raises(StaleDataKey) as refusal:
        append("after")

    assert refusal.value.retry_after == 1
    assert len(runs) == 2


def test_the_fence_moves_forward_only_and_opens_a_shut_one(
    database: Database, vault: Vault, ada: CustomerId
) -> None:
    reseal = CustomerReseal(vault=vault)
    assert database.write_now(lambda c: reseal.move_fence(c, ada)) == b"\x01"
    vault.add_data_key(ada)
    assert database.write_now(lambda c: reseal.move_fence(c, ada)) == SECOND
    later = b"\x02\0\0\0\x09"
    database.write_now(lambda c: _set(c, ada, "customers", "sealing", later))
    assert database.write_now(lambda c: reseal.move_fence(c, ada)) == later
    database.write_now(lambda c: _set(c, ada, "customers", "sealing", SHUT))
    assert database.write_now(lambda c: reseal.move_fence(c, ada)) == SECOND
    with pytest.raises(NotFound):
        database.write_now(lambda c: reseal.move_fence(c, "nobody"))


def test_on_postgresql_the_fence_waits_for_writes_under_way(
    postgresql_url: str, vault: Vault, clock: SteppableClock
) -> None:
    first, second = (Database.open(postgresql_url, pool_size=1) for _ in range(2))
    conversations = ConversationRepository(vault=vault)
    customer = first.write_now(
        lambda c: CustomerRepository(vault=vault).create_visitor(c, at=clock())
    ).customer_id
    written, may_end, moved = (threading.Event() for _ in range(3))

    def write_slowly(connection: Connection) -> None:
        conversations.append_utterance(
            connection, customer, "c1", turn_id="t", text="slow", lang="en", at=clock(),
            open_missing=True,
        )  # fmt: skip
        written.set()
        assert may_end.wait(20)

    def move() -> None:
        vault.add_data_key(customer)
        second.write_now(lambda c: CustomerReseal(vault=vault).move_fence(c, customer))
        moved.set()

    with beside(lambda: first.write_now(write_slowly)):
        assert written.wait(20)
        with beside(move):
            assert not moved.wait(0.3)
            may_end.set()

    assert moved.is_set()
    first.close_now()
    second.close_now()
