"""Alembic's entry: run the migrations on the connection that ``store.schema`` hands over."""

from alembic import context

from assistant.store.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
