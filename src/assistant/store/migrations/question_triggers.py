"""Triggers that hold the order of why-questions and facts against any statement.

Keys and checks alone do not: SQLite lets a connection switch off foreign keys and checks, and
REPLACE deletes a row without asking delete triggers. So every rule of ``question_guards`` runs
before the row is written. On SQLite, where a column takes any type, the triggers also hold the
types; on PostgreSQL they read the question's row ``FOR UPDATE`` first, so that two transactions
that add to one question come one after the other, and refuse TRUNCATE.
"""

from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType

from assistant.store.migrations.question_guards import GUARDS, MONTHS, Guard, Rule

ORDER = "why-question order"
"""Begins the message of every refusal."""

_KINDS = {
    "text": ("text", "length({0}) BETWEEN 1 AND 200"),
    "integer": ("integer", "{0} BETWEEN 1 AND 1000000000"),
    "moment": ("integer", "{0} BETWEEN 0 AND 253402300799999"),  # to the end of the year 9999
    "sealed": ("blob", "length({0}) >= 29"),
    "tag": ("blob", "length({0}) = 32"),
    "sha256": ("text", "length({0}) = 64"),
}
"""For each kind of column: SQLite's type, and what else is true of a value."""

_SQLITE_MONTHS = "json_extract(p.definition, '$.retention_months.stated_reasons')"
_POSTGRESQL_MONTHS = "(p.definition::jsonb #>> '{retention_months,stated_reasons}')::bigint"


def guard_questions(op: ModuleType) -> None:
    """Make every trigger; the tables and ``published_purposes`` must be there."""
    if op.get_bind().dialect.name == "sqlite":
        for table, guard in GUARDS.items():
            _guard_sqlite(op, table, guard)
        return
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    for table, guard in GUARDS.items():
        _guard_postgresql(op, table, guard, str(schema))


def _guard_sqlite(op: ModuleType, table: str, guard: Guard) -> None:
    types = [*_types(guard, guard.columns, sqlite=True)]
    changed = [*_types(guard, guard.mutable, sqlite=True)]
    inserting = [*types, *_new_keys(table, guard), *guard.insert]
    changing = [*_unchanged(guard, "IS"), *changed, *guard.change]
    for event, rules in (("INSERT", inserting), ("UPDATE", changing), ("DELETE", guard.delete)):
        lines = [
            f"SELECT RAISE(ABORT, '{ORDER}: {table}: {rule.refusal}') "
            f"WHERE ({rule.condition.replace(MONTHS, _SQLITE_MONTHS)}) IS NOT TRUE;"
            for rule in rules
        ]
        if lines:
            op.execute(
                f"CREATE TRIGGER {table}_guard_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN {' '.join(lines)} END"
            )


def _guard_postgresql(op: ModuleType, table: str, guard: Guard, schema: str) -> None:
    types = [*_types(guard, guard.columns, sqlite=False)]
    changed = [*_types(guard, guard.mutable, sqlite=False)]
    inserting = [*types, *_new_keys(table, guard), *guard.insert]
    changing = [*_unchanged(guard, "IS NOT DISTINCT FROM"), *changed, *guard.change]
    for event, rules in (("INSERT", inserting), ("UPDATE", changing), ("DELETE", guard.delete)):
        if rules:
            _make_function(op, f"{table}_guard_{event.lower()}", _body(table, event, rules), schema)
            op.execute(
                f"CREATE TRIGGER {table}_guard_{event.lower()} BEFORE {event} ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {table}_guard_{event.lower()}()"
            )
    refusal = f"RAISE EXCEPTION '{ORDER}: {table} is not truncated' USING ERRCODE = '23514';"
    _make_function(op, f"{table}_guard_truncate", refusal, schema)
    op.execute(
        f"CREATE TRIGGER {table}_guard_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard_truncate()"
    )


def _body(table: str, event: str, rules: Sequence[Rule]) -> str:
    """Return the statements of a trigger function, the question's row held first."""
    row = "OLD" if event == "DELETE" else "NEW"
    lines = [
        f"IF ({rule.condition.replace(MONTHS, _POSTGRESQL_MONTHS)}) IS NOT TRUE THEN "
        f"RAISE EXCEPTION '{ORDER}: {table}: {rule.refusal}' USING ERRCODE = '23514'; END IF;"
        for rule in rules
    ]
    if table != "why_questions":
        lines.insert(
            0,
            "PERFORM 1 FROM why_questions q WHERE q.customer_id = "
            f"{row}.customer_id AND q.question_id = {row}.question_id FOR UPDATE;",
        )
    return f"{' '.join(lines)} RETURN {row};"


def _make_function(op: ModuleType, name: str, body: str, schema: str) -> None:
    """Make a trigger function that finds its tables in ``schema``, whatever a session sets."""
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
        f"SET search_path = {schema}, pg_temp AS $$ BEGIN {body} END $$"
    )


def _types(guard: Guard, names: Iterable[str], *, sqlite: bool) -> Iterator[Rule]:
    """Yield that each new value of ``names`` is of its column's kind."""
    for name in names:
        kind = guard.columns[name]
        type_, further = _KINDS[kind.removesuffix("?")]
        condition = further.format(f"NEW.{name}")
        if sqlite:
            condition = f"typeof(NEW.{name}) = '{type_}' AND {condition}"
        if kind.endswith("?"):
            condition = f"NEW.{name} IS NULL OR {condition}"
        yield Rule(condition, f"{name} is not of its kind")


def _new_keys(table: str, guard: Guard) -> Iterator[Rule]:
    """Yield that no row has the new one's keys: REPLACE would delete it in silence."""
    for key in guard.keys:
        same = " AND ".join(f"k.{name} = NEW.{name}" for name in key)
        absent = f"NOT EXISTS (SELECT 1 FROM {table} k WHERE {same})"  # noqa: S608 - of constants
        yield Rule(absent, "this row exists")


def _unchanged(guard: Guard, same: str) -> Iterator[Rule]:
    """Yield that no column changes but those that may."""
    for name in guard.columns:
        if name not in guard.mutable:
            yield Rule(f"NEW.{name} {same} OLD.{name}", f"{name} does not change")
