"""Fresh databases for tests: a copy of a migrated file, or a PostgreSQL database from a template.

``ASSISTANT_TEST_POSTGRES`` names the server (a URL of a database whose role may create others).
Without a server PostgreSQL tests are skipped, except under ``CI=true``, where they fail.
"""

import os
import shutil
import uuid
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from assistant.store.engine import Database
from assistant.store.tables import METADATA

DEFAULT_SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"

_END_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_TRIGGERS = text("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")
_LIFT_TRIGGERS = text("SET LOCAL session_replication_role = replica")
"""Consent events refuse to be deleted; a superuser of a test server may still clean up."""


class SqliteTemplate:
    """A migrated file to copy; migrating anew for each test would cost forty times as much."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "template.db"
        database = Database.open(f"sqlite:///{self._file}", pool_size=1)
        database.migrate()
        database.close_now()

    def create(self, path: Path) -> str:
        """Copy the template to ``path`` and return its URL."""
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._file, path)
        path.chmod(0o600)
        return f"sqlite:///{path}"


class PostgresTemplate:
    """A migrated database to make others from; each test process has its own."""

    def __init__(self) -> None:
        self._server = make_url(os.environ.get("ASSISTANT_TEST_POSTGRES", DEFAULT_SERVER))
        self._engine = create_engine(
            self._server, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3}
        )
        self._spare: list[str] = []
        self._name = self.create_empty()
        database = Database.open(self.url(self._name), pool_size=1)
        database.migrate()
        self._triggers = database.read_now(lambda c: c.execute(_TRIGGERS).scalar_one())
        database.close_now()

    def url(self, name: str) -> str:
        """Return the URL of the database ``name`` on the server."""
        return self._server.set(database=name).render_as_string(hide_password=False)

    def create(self) -> str:
        """Make a migrated database and return its name."""
        return self._create(f"TEMPLATE {self._name}")

    def create_empty(self) -> str:
        """Make a database without tables and return its name."""
        return self._create("")

    def _create(self, suffix: str) -> str:
        name = f"assistant_test_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} {suffix}")
        return name

    def lend(self) -> str:
        """Return a migrated database without rows: the one given back last, or a new one."""
        return self._spare.pop() if self._spare else self.create()

    def give_back(self, name: str) -> None:
        """Take back what ``lend`` gave; emptying it costs a tenth of making another."""
        engine = create_engine(self.url(name), poolclass=NullPool)
        try:
            with engine.begin() as connection:
                connection.execute(_END_OTHERS)
                whole = connection.execute(_TRIGGERS).scalar_one() == self._triggers
                connection.execute(_LIFT_TRIGGERS)
                for table in reversed(METADATA.sorted_tables):
                    connection.execute(table.delete())
        except DBAPIError:
            whole = False
        if whole:
            self._spare.append(name)
        else:  # a test took a trigger or a table away
            self.drop(name)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def close(self) -> None:
        """Drop the template and what was lent."""
        for name in (*self._spare, self._name):
            self.drop(name)
        self._engine.dispose()

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


def open_postgres_template() -> PostgresTemplate:
    """Return a template, or skip (under CI: fail) when no server answers."""
    try:
        return PostgresTemplate()
    except OperationalError as error:
        reason = f"no PostgreSQL answers; set ASSISTANT_TEST_POSTGRES ({error.orig})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
