"""The tables of the key database, which is a database of its own, and their version.

They are few and stay so; instead of migrations there is a version: an older one is brought up to
date here, a later one is refused. Version 1 knew one key a customer, which became number 1.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    false,
    insert,
    inspect,
    select,
    text,
    update,
)

from assistant.core.errors import ConfigurationError
from assistant.store.dialects import lock_exclusively

VERSION = 2
_CREATION_LOCK = 7_310_003

KEY_METADATA = MetaData()

KEY_SCHEMA = Table("key_schema", KEY_METADATA, Column("version", Integer, primary_key=True))

KEY_EPOCHS = Table(
    "key_epochs",
    KEY_METADATA,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("created_at", BigInteger, nullable=False),
    Column("check_value", LargeBinary, nullable=False),
    Column("destroyed", Integer, nullable=False, server_default="0"),
    Column("alone", Boolean, nullable=False, server_default=false()),
)
"""``destroyed`` counts keys that were deleted under an epoch; ``alone``: no older one is left."""

WRAPPED_KEYS = Table(
    "wrapped_keys",
    KEY_METADATA,
    Column("customer_id", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

SERVICE_KEYS = Table(
    "service_keys",
    KEY_METADATA,
    Column("name", String, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)

_TO_VERSION_2 = (
    "ALTER TABLE wrapped_keys RENAME TO wrapped_keys_1",
    "CREATE TABLE wrapped_keys (customer_id VARCHAR NOT NULL, number INTEGER NOT NULL, "
    "epoch INTEGER NOT NULL, wrapped {bytes} NOT NULL, created_at BIGINT NOT NULL, "
    "CONSTRAINT wrapped_keys_2 PRIMARY KEY (customer_id, number))",
    "INSERT INTO wrapped_keys (customer_id, number, epoch, wrapped, created_at) "
    "SELECT customer_id, 1, epoch, wrapped, created_at FROM wrapped_keys_1",
    "DELETE FROM wrapped_keys_1",
    "DROP TABLE wrapped_keys_1",
    "ALTER TABLE key_epochs ADD COLUMN destroyed INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE key_epochs ADD COLUMN alone BOOLEAN NOT NULL DEFAULT {no}",
)
"""The rows go before their table, so that SQLite's ``secure_delete`` surely overwrites them."""

_WORDS = {
    "sqlite": {"bytes": "BLOB", "no": "0"},
    "postgresql": {"bytes": "BYTEA", "no": "false"},
}


def create_key_tables(connection: Connection) -> None:
    """Make the tables in an empty key database, or bring those of an older version up to date.

    Raises:
        ConfigurationError: the database was written by a later version of the service.
    """
    lock_exclusively(connection, _CREATION_LOCK)
    found = _found_version(connection)
    if found == 1:
        for statement in _TO_VERSION_2:
            connection.execute(text(statement.format(**_WORDS[connection.dialect.name])))
        connection.execute(update(KEY_SCHEMA).values(version=VERSION))
    elif found is None:
        KEY_METADATA.create_all(connection)
        connection.execute(insert(KEY_SCHEMA), {"version": VERSION})
    elif found != VERSION:
        raise ConfigurationError(
            f"the key database has version {found}, this service knows {VERSION}; "
            "run the service version that wrote it"
        )


def _found_version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(KEY_SCHEMA.name):
        return None
    return connection.execute(select(KEY_SCHEMA.c.version)).scalar_one_or_none()
