"""The tables of the key database, which is a database of its own, and their version.

They are few and stay so; instead of migrations there is a version that is refused when unknown.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    select,
)

from assistant.core.errors import ConfigurationError
from assistant.store.dialects import lock_exclusively

VERSION = 1
_CREATION_LOCK = 7_310_003

KEY_METADATA = MetaData()

KEY_SCHEMA = Table("key_schema", KEY_METADATA, Column("version", Integer, primary_key=True))

KEY_EPOCHS = Table(
    "key_epochs",
    KEY_METADATA,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("created_at", BigInteger, nullable=False),
    Column("check_value", LargeBinary, nullable=False),
)

WRAPPED_KEYS = Table(
    "wrapped_keys",
    KEY_METADATA,
    Column("customer_id", String, primary_key=True),
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


def create_key_tables(connection: Connection) -> None:
    """Make the tables in an empty key database.

    Raises:
        ConfigurationError: the database was written by a later version of the service.
    """
    lock_exclusively(connection, _CREATION_LOCK)
    KEY_METADATA.create_all(connection)
    found = connection.execute(select(KEY_SCHEMA.c.version)).scalar_one_or_none()
    if found is None:
        connection.execute(insert(KEY_SCHEMA), {"version": VERSION})
    elif found != VERSION:
        raise ConfigurationError(
            f"the key database has version {found}, this service knows {VERSION}; "
            "run the service version that wrote it"
        )
