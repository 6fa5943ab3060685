"""Triggers that keep what is sealed under an outdated data key out of the database.

``customers.sealing`` is the header of the oldest data key that new sealed values may be under.
Headers of later keys compare greater, byte by byte, and a sealed value begins with its header, so
"older" is one comparison of bytes. On PostgreSQL the trigger reads the customer's row FOR SHARE:
whoever moves the header waits for the writes that passed, and writes that come later see it moved.
"""

from types import ModuleType
from typing import Final

from assistant.store.migrations.triggers import make_function

STALE: Final = "stale data key"
"""What both databases say; ``store.stale_keys`` recognises a refused write by it."""

SHUT: Final = "stale data key: shut"
"""What they say where the customer's row asks for ``ff``, which is above every key."""


def fence(op: ModuleType, table: str, *columns: str) -> None:
    """Refuse stale values of these sealed columns of ``table``, in INSERT and in UPDATE.

    ``op`` is Alembic's module of operations. Rebuilding a table loses its triggers: call this
    again after it.
    """
    if op.get_bind().dialect.name == "sqlite":
        _fence_on_sqlite(op, table, columns)
    else:
        _fence_on_postgresql(op, table, columns)


def _fence_on_sqlite(op: ModuleType, table: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        stale = f"NEW.{column} < {_oldest(table)}"
        changes = {
            "insert": ("INSERT", f"NEW.{column} IS NOT NULL AND {stale}"),
            "update": (f"UPDATE OF {column}", f"NEW.{column} IS NOT OLD.{column} AND {stale}"),
        }
        for name, (event, refused) in changes.items():
            op.execute(
                f"CREATE TRIGGER {table}_{column}_fence_{name} BEFORE {event} ON {table} "
                f"WHEN {refused} BEGIN SELECT CASE WHEN {_oldest(table)} = x'ff' "
                f"THEN RAISE(ABORT, '{SHUT}') ELSE RAISE(ABORT, '{STALE}') END; END"
            )


def _oldest(table: str) -> str:
    """Return the SQL of the header that ``table`` asks for."""
    if table == "customers":
        return "NEW.sealing"
    return "(SELECT sealing FROM customers WHERE customer_id = NEW.customer_id)"


def _fence_on_postgresql(op: ModuleType, table: str, columns: tuple[str, ...]) -> None:
    """Make one function a table; of several columns, an UPDATE answers for those it changes."""
    look = (
        "oldest := NEW.sealing;"
        if table == "customers"
        else "SELECT c.sealing INTO oldest FROM customers c "
        "WHERE c.customer_id = NEW.customer_id FOR SHARE;"
    )
    changed = [f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns]
    stale = [f"NEW.{column} < oldest" for column in columns]
    both = [f"({one} AND {other})" for one, other in zip(changed, stale, strict=True)]
    make_function(
        f"fence_{table}",
        declare="oldest bytea; refused boolean;",
        body=(
            f"{look} IF TG_OP = 'INSERT' THEN refused := {' OR '.join(stale)}; "
            f"ELSE refused := {' OR '.join(both)}; END IF; "
            f"IF refused AND oldest = '\\xff'::bytea THEN RAISE EXCEPTION '{SHUT}'; END IF; "
            f"IF refused THEN RAISE EXCEPTION '{STALE}'; END IF; RETURN NEW;"
        ),
    )
    given = " OR ".join(f"NEW.{column} IS NOT NULL" for column in columns)
    events = {
        "insert": ("INSERT", given),
        "update": (f"UPDATE OF {', '.join(columns)}", " OR ".join(changed)),
    }
    for name, (event, looked_at) in events.items():
        op.execute(
            f"CREATE TRIGGER {table}_fence_{name} BEFORE {event} ON {table} "
            f"FOR EACH ROW WHEN ({looked_at}) EXECUTE FUNCTION fence_{table}()"
        )
