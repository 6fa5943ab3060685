"""The ledger's own tables refuse what would let somebody be forgotten as erased."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.databases import PostgresTemplate

from assistant.adapters.sql_erasure_ledger import SqlErasureLedger
from assistant.core.errors import ConfigurationError
from assistant.profile.erasure.ledger import LedgerEntry, LedgerHashes
from assistant.store.engine import Connection, Database
from assistant.store.ledger_tables import LEDGER_SCHEMA, create_ledger_tables
from assistant.vault.vault import Vault

NOW = datetime.now(UTC)
KEY_CHECK = b"a check value of 32 bytes, surely"


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger' / 'ledger.db'}"
        return
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    name = template.create_empty()
    yield template.url(name)
    template.drop(name)


@pytest.fixture
def filled(ledger_url: str) -> str:
    """The URL of a ledger with two entries whose time has come and one that must stay."""
    ledger = SqlErasureLedger.open(ledger_url, key_check=KEY_CHECK)
    past = NOW - timedelta(days=200)
    ledger.append([entry(past), entry(past), entry(NOW)])
    ledger.close()
    return ledger_url


def entry(at: datetime) -> LedgerEntry:
    return LedgerEntry(
        kind="everything",
        customer_hash=b"c" * 32,
        at=at,
        keep_until=at + timedelta(days=125),
        subject_hash=b"s" * 32,
    )


FORGERIES = {
    "changing an entry": "UPDATE ledger_entries SET at = 0 WHERE seq = 3",
    "changing who": "UPDATE ledger_entries SET customer_hash = previous_hash",
    "deleting the newest": "DELETE FROM ledger_entries WHERE seq = 3",
    "deleting the oldest": "DELETE FROM ledger_entries WHERE seq = 1",
    "deleting all": "DELETE FROM ledger_entries",
    "skipping a number": (
        "INSERT INTO ledger_entries SELECT 5, kind, customer_hash, subject_hash, target_hash, "
        "purpose, at, keep_until, chain_head, entry_hash, entry_hash FROM ledger_entries "
        "WHERE seq = 3"
    ),
    "appending to another chain": (
        "INSERT INTO ledger_entries SELECT 4, kind, customer_hash, subject_hash, target_hash, "
        "purpose, at, keep_until, chain_head, previous_hash, entry_hash FROM ledger_entries "
        "WHERE seq = 3"
    ),
    "letting go too early": (
        "UPDATE ledger_start SET seq = 3, "
        "entry_hash = (SELECT entry_hash FROM ledger_entries WHERE seq = 3)"
    ),
    "letting go of what never was": "UPDATE ledger_start SET seq = 9, entry_hash = entry_hash",
    "a start without its hash": "UPDATE ledger_start SET seq = 1",
    "deleting the start": "DELETE FROM ledger_start",
    "a second start": "INSERT INTO ledger_start VALUES (2, 3, (SELECT entry_hash FROM "
    "ledger_entries WHERE seq = 3))",
    "taking other keys": "UPDATE ledger_schema SET key_check = (SELECT entry_hash FROM "
    "ledger_entries WHERE seq = 3)",
    "forgetting the keys": "DELETE FROM ledger_schema",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_the_ledger_refuses_to_be_changed(filled: str, forgery: str) -> None:
    before = rows(filled)

    with pytest.raises(DBAPIError, match="append-only"):
        run(filled, forgery)

    assert rows(filled) == before


@pytest.mark.parametrize(
    "verb", ["INSERT OR REPLACE", "INSERT OR IGNORE"], ids=["replace", "ignore"]
)
def test_sqlite_refuses_to_replace_an_entry(tmp_path: Path, verb: str) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = SqlErasureLedger.open(url, key_check=KEY_CHECK)
    ledger.append([entry(NOW), entry(NOW)])
    ledger.close()
    before = rows(url)

    with pytest.raises(DBAPIError, match="append-only"):
        run(
            url,
            f"{verb} INTO ledger_entries SELECT 1, kind, customer_hash, subject_hash, target_hash, "
            "purpose, 0, keep_until, chain_head, x'', entry_hash FROM ledger_entries WHERE seq = 1",
            "PRAGMA recursive_triggers=OFF",
        )

    assert rows(url) == before


@pytest.mark.parametrize("table", ["ledger_entries", "ledger_start", "ledger_schema"])
def test_postgresql_refuses_to_empty_the_ledger(
    postgres_template: PostgresTemplate, table: str
) -> None:
    name = postgres_template.create_empty()
    url = postgres_template.url(name)
    SqlErasureLedger.open(url, key_check=KEY_CHECK).close()

    with pytest.raises(DBAPIError, match="append-only"):
        run(url, f"TRUNCATE {table}")

    postgres_template.drop(name)


def test_an_entry_that_was_changed_behind_the_guards_is_found(filled: str) -> None:
    guard = "ledger_entries_guard_update"
    on = " ON ledger_entries" if filled.startswith("postgres") else ""
    run(filled, f"DROP TRIGGER {guard}{on}", "UPDATE ledger_entries SET at = 0 WHERE seq = 2")

    ledger = SqlErasureLedger.open(filled, key_check=KEY_CHECK)

    assert ledger.find_break() == 2
    ledger.close()


def test_a_clock_that_runs_ahead_lets_nothing_go_too_early(filled: str) -> None:
    ledger = SqlErasureLedger.open(filled, key_check=KEY_CHECK)

    with pytest.raises(DBAPIError, match="append-only"):
        ledger.purge(now=NOW + timedelta(days=4000))

    assert [mark.seq for mark, _ in ledger.entries()] == [1, 2, 3]
    assert ledger.purge(now=NOW) == 2
    ledger.close()


def test_a_ledger_of_other_keys_is_refused(filled: str) -> None:
    with pytest.raises(ConfigurationError, match="keys of another key database"):
        SqlErasureLedger.open(filled, key_check=b"another check value of 32 bytes!")


def test_a_ledger_of_a_later_version_is_refused(ledger_url: str) -> None:
    database = Database.open(ledger_url, pool_size=1)
    database.write_now(LEDGER_SCHEMA.create)
    database.write_now(
        lambda c: c.execute(LEDGER_SCHEMA.insert(), {"version": 9, "key_check": KEY_CHECK})
    )
    with pytest.raises(ConfigurationError, match="version 9"):
        database.write_now(lambda c: create_ledger_tables(c, key_check=KEY_CHECK))
    database.close_now()


def test_the_ledger_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "ledger" / "ledger.db"
    SqlErasureLedger.open(f"sqlite:///{path}", key_check=KEY_CHECK).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["ledger.db"]


def test_nobody_can_be_told_from_a_ledger_without_the_keys(tmp_path: Path, vault: Vault) -> None:
    path = tmp_path / "ledger.db"
    hashes = LedgerHashes(vault)
    ledger = SqlErasureLedger.open(f"sqlite:///{path}", key_check=hashes.check())
    ledger.append(
        [
            LedgerEntry(
                kind="item",
                customer_hash=hashes.customer("0198-customer"),
                at=NOW,
                keep_until=NOW,
                subject_hash=hashes.subject("ada@mail.example"),
                target_hash=hashes.target(hashes.subject("ada"), "item", "0198-event"),
            )
        ]
    )
    ledger.close()

    written = path.read_bytes()
    for clear in (b"0198-customer", b"ada@mail.example", b"0198-event"):
        assert clear not in written
        assert clear.hex().encode() not in written
    assert hashes.customer("0198-customer") in written


def test_equal_ids_of_different_kinds_or_customers_hash_differently(vault: Vault) -> None:
    hashes = LedgerHashes(vault)
    made = {
        hashes.check(),
        hashes.customer("a"),
        hashes.subject("a"),
        hashes.target(b"a", "item", "b"),
        hashes.target(b"a", "conversation", "b"),
        hashes.target(b"b", "item", "a"),
    }
    assert len(made) == 6


def rows(url: str) -> list[tuple[object, ...]]:
    """Return everything the ledger holds."""
    database = Database.open(url, pool_size=1)
    found = database.read_now(
        lambda c: [
            tuple(row)
            for table in ("ledger_entries", "ledger_start", "ledger_schema")
            for row in c.execute(text(f"SELECT * FROM {table} ORDER BY 1"))
        ]
    )
    database.close_now()
    return found


def run(url: str, *statements: str) -> None:
    """Send raw statements in one transaction."""

    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    database = Database.open(url, pool_size=1)
    try:
        database.write_now(work)
    finally:
        database.close_now()
