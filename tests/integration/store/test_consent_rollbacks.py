"""No erasure that somebody pretends to opens the way to an older chain of decisions.

Whoever has the application's role may write any row. What they would need is tried here in pieces:
an erasure that is none, a head that was noted before, a customer's row that comes back.
"""

import sqlite3
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.consent_chains import audit, begin_erasure, entry, run, shut
from tests.fakes.clock import SteppableClock

from assistant.core.ids import CustomerId
from assistant.store.consents import ConsentRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.vault.vault import Vault


@pytest.fixture
def consents(vault: Vault) -> ConsentRepository:
    return ConsentRepository(vault=vault)


@pytest.fixture
def chain(
    database: Database, consents: ConsentRepository, ada: CustomerId, clock: SteppableClock
) -> CustomerId:
    """A customer with three decisions."""
    for category in ("orders", "returns", "chat"):
        database.write_now(lambda c, of=category: consents.append(c, ada, [entry(clock, of)]))
    return ada


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[Database]:
    database = Database.open(postgresql_url)
    yield database
    database.close_now()


DESTROYED = "UPDATE erasures SET state = 'KEY_DESTROYED'"
SHUT = "UPDATE customers SET sealing = {shut}"
CUT = "DELETE FROM consent_events WHERE seq > 2"
ERASED = (begin_erasure("everything"), DESTROYED, SHUT, "DELETE FROM consent_events")

ROLLBACKS = {
    "under an item's erasure": (begin_erasure("item"), CUT),
    "under an erasure of all data": (begin_erasure("all_data"), DESTROYED, SHUT, CUT),
    "before the key is gone": (begin_erasure("everything"), SHUT, CUT),
    "while the customer may write": (begin_erasure("everything"), DESTROYED, CUT),
    "under another's erasure": (
        begin_erasure("everything").replace(":customer", "'ben'"),
        DESTROYED,
        SHUT,
        CUT,
    ),
    "under an erasure that grows": (
        begin_erasure("item"),
        "UPDATE erasures SET scope = 'everything', state = 'KEY_DESTROYED'",
    ),
    "under an erasure that is given to another": (
        begin_erasure("everything").replace(":customer", "'ben'"),
        "UPDATE erasures SET customer_id = :customer",
    ),
    "an erasure enters destroyed": (begin_erasure("everything", "KEY_DESTROYED"),),
    "an erasure enters finished": (begin_erasure("item", "BACKUP_FINAL"),),
    "an erasure enters in no state": (begin_erasure("item", "UNKNOWN"),),
    "an erasure skips a state": (
        begin_erasure("everything"),
        "UPDATE erasures SET state = 'ROWS_PURGED'",
    ),
    "an erasure goes back": (
        begin_erasure("everything"),
        DESTROYED,
        "UPDATE erasures SET state = 'BLOCKED_FOR_USE'",
    ),
    "an erasure is forgotten": (begin_erasure("item"), "DELETE FROM erasures"),
    "an erasure is forgotten while its customer is there": (
        begin_erasure("everything"),
        DESTROYED,
        "UPDATE erasures SET state = 'ROWS_PURGED'",
        "UPDATE erasures SET state = 'PHYSICALLY_VERIFIED'",
        "UPDATE erasures SET state = 'BACKUP_FINAL'",
        "DELETE FROM erasures",
    ),
    "a customer who was shut is opened": (*ERASED, "UPDATE customers SET sealing = evidence"),
    "a customer goes": ("DELETE FROM customer_directory", "DELETE FROM customers"),
    "a customer moves": (
        "DELETE FROM customer_directory",
        "UPDATE customers SET customer_id = 'x'",
    ),
    "a customer comes back": (
        *ERASED,
        "DELETE FROM customer_directory",
        "DELETE FROM customers",
        "INSERT INTO customers (customer_id, kind, created_at, consent_epoch, consent_head) "
        "VALUES (:customer, 'customer', 0, 0, :head)",
    ),
}


@pytest.mark.parametrize("rollback", ROLLBACKS)
def test_raw_sql_cannot_put_an_older_chain_back(
    database: Database,
    vault: Vault,
    consents: ConsentRepository,
    ada: CustomerId,
    clock: SteppableClock,
    rollback: str,
) -> None:
    """The head of before the no is known to whoever wrote it down; the chain is not cut."""
    given = [entry(clock, name) for name in ("orders", "returns")]
    database.write_now(lambda c: consents.append(c, ada, given))
    head = database.read_now(lambda c: consents.find_head(c, ada))
    database.write_now(lambda c: consents.append(c, ada, [entry(clock, "orders", "withdrawn")]))
    statements = [
        statement.format(shut=shut(database)) if statement == SHUT else statement
        for statement in ROLLBACKS[rollback]
    ]
    statements = [each.replace("= evidence", f"= {opened(database)}") for each in statements]

    with pytest.raises(DBAPIError, match=r"append-only|goes forward only|is kept until"):
        run_each(database, statements, customer=ada, head=head, hash=bytes(32))

    assert audit(database, vault) == []
    assert len(database.read_now(lambda c: consents.list_events(c, ada))) == 3


def opened(database: Database) -> str:
    """Return the literal of the first data key's header."""
    return shut(database).replace("ff", "01")


def run_each(database: Database, statements: Sequence[str], **values: object) -> None:
    """Send statements in one write, of which only the last may be the one that is refused."""

    def work(connection: Connection) -> None:
        for statement in statements:
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            try:
                connection.execute(text(statement), used)
            except DBAPIError:
                assert statement == statements[-1]
                raise

    database.write_now(work)


def test_only_an_erasure_of_everything_takes_the_chain_along(
    database: Database, consents: ConsentRepository, chain: CustomerId
) -> None:
    statements = [each.format(shut=shut(database)) if each == SHUT else each for each in ERASED]

    run_each(database, statements, customer=chain, hash=bytes(32))

    assert database.read_now(lambda c: consents.list_events(c, chain)) == []


WIPES = {
    "the customer is replaced": (
        "INSERT OR REPLACE INTO customers (customer_id, kind, created_at, consent_epoch) "
        "SELECT customer_id, kind, created_at, consent_epoch FROM customers"
    ),
    "the customer's rowid is taken": (
        "INSERT OR REPLACE INTO customers (rowid, customer_id, kind, created_at, consent_epoch) "
        "SELECT rowid, 'x', kind, created_at, consent_epoch FROM customers"
    ),
    "another takes the customer's rowid": (
        "UPDATE OR REPLACE customers SET rowid = (SELECT rowid FROM customers "
        "WHERE customer_id <> 'other') WHERE customer_id = 'other'"
    ),
    "another takes the customer's id": (
        "UPDATE OR REPLACE customers SET customer_id = (SELECT customer_id FROM customers "
        "WHERE customer_id <> 'other') WHERE customer_id = 'other'"
    ),
    "an erasure is replaced": begin_erasure("item").replace("INSERT", "INSERT OR REPLACE"),
    "an erasure is replaced by its request": (
        "REPLACE INTO erasures (customer_id, erasure_id, scope, cause, state, requested_at, "
        "status_hash, request_hash, counts, attempts) SELECT customer_id, 'f', scope, cause, "
        "state, requested_at, status_hash, request_hash, counts, attempts FROM erasures"
    ),
}


@pytest.mark.parametrize("attack", WIPES)
def test_sqlite_replaces_no_customer_and_no_erasure_with_its_safeguards_switched_off(
    sqlite_database: Database,
    vault: Vault,
    consents: ConsentRepository,
    clock: SteppableClock,
    attack: str,
) -> None:
    database = sqlite_database
    customers = CustomerRepository(vault=vault)
    ada = database.write_now(lambda c: customers.create_visitor(c, at=clock())).customer_id
    database.write_now(lambda c: consents.append(c, ada, [entry(clock, "orders")]))
    other = "INSERT INTO customers (customer_id, kind, created_at, consent_epoch) "
    if "another" in attack:
        run(database, other + "VALUES ('other', 'visitor', 0, 0)")
    run(database, begin_erasure("item"), customer=ada, hash=bytes(32))
    run(database, "UPDATE erasures SET samples = 'kept'")
    with pytest.raises(DBAPIError, match="goes forward only"):
        run(database, "UPDATE erasures SET request_hash = NULL")
    path = str(database._engines[0].url.database)
    with sqlite3.connect(path) as connection:  # isolation begins with the first change only
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA recursive_triggers=OFF")
        connection.execute("PRAGMA ignore_check_constraints=ON")
        with pytest.raises(sqlite3.DatabaseError, match=r"is kept until|goes forward only"):
            connection.execute(WIPES[attack], {"customer": ada, "hash": bytes(32)})
    connection.close()

    assert audit(database, vault) == []


def test_postgresql_believes_no_table_that_a_session_puts_in_front(
    postgresql_database: Database,
    vault: Vault,
    consents: ConsentRepository,
    clock: SteppableClock,
) -> None:
    database = postgresql_database
    customers = CustomerRepository(vault=vault)
    ada = database.write_now(lambda c: customers.create_visitor(c, at=clock())).customer_id
    database.write_now(lambda c: consents.append(c, ada, [entry(clock, "orders")]))
    in_front = (
        "CREATE TEMP TABLE erasures AS SELECT CAST(:customer AS text) AS customer_id, "
        "'everything' AS scope, 'KEY_DESTROYED' AS state",
        "CREATE TEMP TABLE customers AS SELECT CAST(:customer AS text) AS customer_id, "
        "'\\xff'::bytea AS sealing",
    )

    for attack in ("DELETE FROM consent_events", "DELETE FROM public.customers"):
        with pytest.raises(DBAPIError, match=r"append-only|is kept until"):
            run_each(database, [*in_front, attack], customer=ada)
    for table in ("erasures", "customers CASCADE", "consent_events"):
        with pytest.raises(DBAPIError, match=r"append-only|goes forward only|is kept until"):
            run(database, f"TRUNCATE {table}")

    assert audit(database, vault) == []


def test_every_trigger_function_on_postgresql_knows_its_schema(
    postgresql_database: Database,
) -> None:
    unbound = text(
        "SELECT DISTINCT proname FROM pg_proc JOIN pg_trigger ON tgfoid = pg_proc.oid "
        "WHERE NOT tgisinternal AND coalesce(array_to_string(proconfig, ' '), '') "
        "NOT LIKE '%search_path=public, pg_temp%'"
    )

    assert postgresql_database.read_now(lambda c: c.execute(unbound).scalars().all()) == []
