"""Bring a database to the newest form of the tables with this package's Alembic migrations."""

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from assistant.store.dialects import lock_exclusively

_MIGRATION_LOCK = 7_310_001
"""Two processes that start at once migrate one after the other."""


def upgrade(connection: Connection, to: str = "head") -> frozenset[str]:
    """Run the migrations that are missing, in the transaction of ``connection``.

    ``to`` names an earlier form of the tables, which a backup was made with. Returns the revisions
    that were run now, for what must follow them with the vault's help.
    """
    lock_exclusively(connection, _MIGRATION_LOCK)
    if to == "head" and not is_behind(connection):
        return frozenset()
    before = _applied(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    return _applied(connection) - before


def newest_revision() -> str:
    """Return the form of the tables that this version of the service needs."""
    (newest,) = _scripts().get_heads()
    return newest


def knows(revision: str) -> bool:
    """Whether this version of the service can make tables of the form ``revision``."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def is_behind(connection: Connection) -> bool:
    """Whether ``upgrade`` would change anything."""
    newest = set(_scripts().get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) != newest


def _applied(connection: Connection) -> frozenset[str]:
    heads = MigrationContext.configure(connection).get_current_heads()
    return frozenset(
        script.revision for head in heads for script in _scripts().iterate_revisions(head, "base")
    )


@cache
def _scripts() -> ScriptDirectory:
    """Return the migrations of this package, read once: they are looked at for each readiness."""
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "assistant.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
