"""The watch over personal tables sees what it must, and its exceptions are real."""

import importlib
import sys

import pytest
from tests.scoping import ACROSS_CUSTOMERS, PERSONAL, UnscopedStatement, is_scoped, watch

from assistant.store.engine import Database
from assistant.store.tables import CATALOGUE, METADATA


@pytest.mark.parametrize(
    ("statement", "scoped"),
    [
        ("SELECT events.sealed FROM events WHERE events.customer_id = ?", True),
        ("SELECT sealed FROM events WHERE (events.customer_id, event_id) IN (VALUES (?,?))", True),
        ("INSERT INTO uses (customer_id, use_id) VALUES (?, ?)", True),
        ("UPDATE turns SET state=? WHERE turns.customer_id = ? AND turns.turn_key = ?", True),
        ("SELECT events.customer_id, events.sealed FROM events", False),
        ("SELECT sealed FROM events WHERE events.event_id = ?", False),
        ("INSERT INTO uses (use_id) VALUES (?)", False),
        ("DELETE FROM turns WHERE turns.turn_key = ?", False),
        ("UPDATE customers SET customer_id = ? WHERE consent_epoch = ?", False),
    ],
)  # fmt: skip
def test_statement_is_scoped_only_by_a_condition_on_the_customer(
    statement: str,
    scoped: bool,  # noqa: FBT001 - a row of the table above
) -> None:
    assert is_scoped(statement) == scoped


def test_statement_of_the_store_without_customer_is_refused(sqlite_database: Database) -> None:
    source = "def leak(connection):\n    connection.exec_driver_sql('SELECT sealed FROM events')\n"
    scope: dict[str, object] = {"__name__": "assistant.store.invented"}
    exec(source, scope)  # noqa: S102 - a stand-in for a repository that forgets the customer
    leak = scope["leak"]
    assert callable(leak)
    with pytest.raises(UnscopedStatement, match=r"invented\.leak"):
        sqlite_database.read_now(leak)


def test_statement_of_a_test_is_its_own_business() -> None:
    watch("SELECT sealed FROM events", sys._getframe())


def test_every_table_with_a_customer_is_watched() -> None:
    with_customer = {name for name, table in METADATA.tables.items() if "customer_id" in table.c}
    assert with_customer == PERSONAL
    assert set(CATALOGUE) == set(METADATA.tables)


def test_every_exception_names_a_function_that_exists() -> None:
    for name in ACROSS_CUSTOMERS:
        module, _, function = name.partition(".")
        source = importlib.import_module(f"assistant.store.{module}")
        classes = [value for value in vars(source).values() if isinstance(value, type)]
        assert any(hasattr(owner, function) for owner in [source, *classes]), name
