"""Fixtures that every test may ask for: databases, a vault, a clock, a cheap embedder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.databases import PostgresTemplate, SqliteTemplate, open_postgres_template
from tests.fakes.clock import SteppableClock
from tests.fakes.embedder import HashingEmbedder
from tests.fakes.key_store import InMemoryKeyStore

from assistant.store.engine import Database
from assistant.vault.key_files import new_key, ring_of
from assistant.vault.vault import Vault


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """A migrated SQLite file to copy."""
    return SqliteTemplate(tmp_path_factory.mktemp("sqlite-template"))


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[PostgresTemplate]:
    """A migrated PostgreSQL database to copy; asking for it skips where there is no server."""
    template = open_postgres_template()
    yield template
    template.close()


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """The folder that holds the SQLite database of a test, and nothing else."""
    return tmp_path / "data"


@pytest.fixture
def sqlite_url(sqlite_template: SqliteTemplate, data_folder: Path) -> str:
    """The URL of a fresh, migrated SQLite database."""
    return sqlite_template.create(data_folder / "assistant.db")


@pytest.fixture
def postgresql_url(postgres_template: PostgresTemplate) -> Iterator[str]:
    """The URL of a fresh, migrated PostgreSQL database."""
    name = postgres_template.lend()
    yield postgres_template.url(name)
    postgres_template.give_back(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated database; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated, open database; the test runs once on each kind."""
    database = Database.open(database_url)
    yield database
    database.close_now()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """A fresh, migrated SQLite database, where the kind does not matter."""
    database = Database.open(sqlite_url)
    yield database
    database.close_now()


@pytest.fixture
def key_store() -> InMemoryKeyStore:
    """An empty key store in memory."""
    return InMemoryKeyStore()


@pytest.fixture
def vault(key_store: InMemoryKeyStore) -> Vault:
    """A vault with a throwaway key."""
    return Vault.unlock(key_store, ring_of(new_key()))


@pytest.fixture
def clock() -> SteppableClock:
    """A clock that stands still at 09:30 UTC on 2 March 2026 until it is moved."""
    return SteppableClock()


@pytest.fixture
def cheap_embedder() -> HashingEmbedder:
    """An embedder for tests in which meaning does not matter."""
    return HashingEmbedder()
