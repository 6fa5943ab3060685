"""Triggers that refuse a statement, made alike for both databases.

Functions on PostgreSQL find their tables in the service's schema only: a session that puts a table
of its own in front of them is not believed.
"""

from alembic import op


def on_sqlite() -> bool:
    """Whether the database that is migrated is SQLite."""
    return op.get_bind().dialect.name == "sqlite"


def refuse(table: str, name: str, event: str, refused: str, message: str) -> None:
    """Refuse ``event`` on ``table`` where ``refused`` is true of the row."""
    trigger = f"{table}_refuse_{name}"
    if on_sqlite():
        op.execute(
            f"CREATE TRIGGER {trigger} BEFORE {event} ON {table} WHEN {refused} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    row = "OLD" if event == "DELETE" else "NEW"
    make_function(
        trigger, body=f"IF {refused} THEN RAISE EXCEPTION '{message}'; END IF; RETURN {row};"
    )
    op.execute(
        f"CREATE TRIGGER {trigger} BEFORE {event} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {trigger}()"
    )


def refuse_truncate(table: str, message: str) -> None:
    """Refuse TRUNCATE, which only PostgreSQL has and which no row's trigger sees."""
    trigger = f"{table}_refuse_truncate"
    make_function(trigger, body=f"RAISE EXCEPTION '{message}';")
    op.execute(
        f"CREATE TRIGGER {trigger} BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {trigger}()"
    )


def make_function(name: str, *, body: str, declare: str = "") -> None:
    """Make or replace a trigger function on PostgreSQL."""
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    declaration = f"DECLARE {declare} " if declare else ""
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
        f"SET search_path = {schema}, pg_temp AS $$ {declaration}BEGIN {body} END $$"
    )
