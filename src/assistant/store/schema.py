"""Bring a database to the newest form of the tables with this package's Alembic migrations."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from assistant.store.dialects import lock_exclusively

_MIGRATION_LOCK = 7_310_001
"""Two processes that start at once migrate one after the other."""


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the transaction of ``connection``."""
    lock_exclusively(connection, _MIGRATION_LOCK)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def is_behind(connection: Connection) -> bool:
    """Whether ``upgrade`` would change anything."""
    newest = set(ScriptDirectory.from_config(_config()).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) != newest


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "assistant.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
