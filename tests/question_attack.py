"""An attacker with the application's role: any statement on the tables of why-questions, no DDL.

Chains of valid steps are written up to a random depth, so that what the attacker tries comes near;
then follow statements made of the rows of those chains, most of them with a value or two changed.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.question_chains import STEPS, Chain, Published, Row, Value
from tests.question_invariant import DAY

Statement = tuple[str, tuple[Value, ...]]

KEYS = {
    **dict.fromkeys(STEPS, ("customer_id", "question_id")),
    "confirmations": ("customer_id", "question_id", "seq"),
    "facts": ("customer_id", "fact_id"),
}

WRONG: tuple[Value, ...] = (
    None, 0, 1, 2, -1, 2**31, 2**62, 1.5, 1e300, "", "x", "0", "9" * 20, b"", b"x", b"\x01" * 32,
    b"\x01" * 60, "learn_why", "active", "catalogue", "corrected", "withdrawn", "a" * 64,
)  # fmt: skip
"""What a column might be given instead: NULLs, other types, ends of ranges, words of elsewhere."""


@dataclass(slots=True)
class Attack:
    """Makes chains and statements out of one source of chance."""

    chance: random.Random
    customers: tuple[str, ...]
    published: tuple[Published, ...]
    sqlite: bool
    chains: list[dict[str, list[Row]]] = field(default_factory=list)
    next_steps: list[tuple[str, dict[str, list[Row]]]] = field(default_factory=list)
    """The step that each chain is ready for: what comes nearest to being accepted."""
    made: int = 0

    def prefix(self) -> list[Statement]:
        """Return the statements of a few chains, each up to a random depth."""
        statements = []
        for _ in range(self.chance.randint(1, 3)):
            self.made += 1
            card = self.chance.choice(self.published)
            customer = self.chance.choice(self.customers)
            chain = Chain(self.chance, self.made, customer, card).rows()
            self.chains.append(chain)
            depth = self.chance.choices(range(len(STEPS) + 1), (1, 1, 1, 2, 3, 6, 3))[0]
            self.next_steps += [(STEPS[depth], chain)] if depth < len(STEPS) else []
            rows = [(table, row) for table in STEPS[:depth] for row in chain[table]]
            statements += [self._plain(table, row) for table, row in rows]
        return statements

    def statement(self) -> Statement:
        """Return the next thing the attacker tries."""
        tries: list[tuple[int, Callable[[], Statement]]] = [
            (10, self._insert),
            (4, self._insert_select),
            (6, self._update),
            (3, self._delete),
            (1, self._session),
        ]
        weights, makers = zip(*tries, strict=True)
        return self.chance.choices(makers, weights)[0]()

    def _row(self, table: str) -> Row:
        return dict(self.chance.choice(self.chance.choice(self.chains)[table]))

    def _changed(self, table: str) -> Row:
        """Return a row of some chain with none, one or two values changed."""
        ready = [chain for step, chain in self.next_steps if step == table]
        row = self._row(table)
        if ready and self.chance.random() < 0.8:
            row = dict(self.chance.choice(self.chance.choice(ready)[table]))
        for _ in range(self.chance.choices((0, 1, 2), (3, 5, 2))[0]):
            column = self.chance.choice(list(row))
            row[column] = self._other(table, column, row)
        return row

    def _other(self, table: str, column: str, row: Mapping[str, Value]) -> Value:
        value = row[column]
        elsewhere = self._row(table)[column]
        near: list[Value] = [elsewhere, self.chance.choice(list(row.values()))]
        if isinstance(value, int):
            near += [value + 1, value - 1, value + 400 * DAY, float(value), str(value)]
        if isinstance(value, bytes):
            near += [value + b"\0", value[::-1], value.hex()]
        if isinstance(value, str):
            near += [value + " ", value.upper(), value.encode()]
        return self.chance.choice((*near, self.chance.choice(WRONG)))

    def _mark(self) -> str:
        return "?" if self.sqlite else "%s"

    def _plain(self, table: str, row: Row) -> Statement:
        marks = ", ".join([self._mark()] * len(row))
        return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())

    def _verb(self, verb: str) -> str:
        """Return INSERT or UPDATE, on SQLite with one of its ways out of a conflict."""
        if not self.sqlite or self.chance.random() < 0.4:
            return verb
        way = self.chance.choice(("REPLACE", "REPLACE", "IGNORE", "ABORT", "FAIL", "ROLLBACK"))
        return f"{verb} OR {way}"

    def _insert(self) -> Statement:
        table = self._table()
        rows = [self._changed(table) for _ in range(self.chance.choices((1, 2, 3), (7, 2, 1))[0])]
        group = ", ".join([self._mark()] * len(rows[0]))
        verb = self._verb("INSERT")
        values = tuple(value for row in rows for value in row.values())
        sql = (
            f"{verb} INTO {table} ({', '.join(rows[0])}) "
            f"VALUES {', '.join(f'({group})' for _ in rows)}"
        )
        if " OR " not in verb and self.chance.random() < 0.5:
            sql += self._conflict(table, rows[0])
        return sql, values

    def _table(self) -> str:
        """Return where to insert, mostly what some chain is ready for."""
        if self.next_steps and self.chance.random() < 0.6:
            return self.chance.choice(self.next_steps)[0]
        return self.chance.choices(STEPS, (2, 2, 2, 2, 4, 8))[0]

    def _conflict(self, table: str, row: Row) -> str:
        if self.chance.random() < 0.3:
            return " ON CONFLICT DO NOTHING"
        columns = self.chance.sample(list(row), self.chance.randint(1, len(row)))
        changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
        return f" ON CONFLICT ({', '.join(KEYS[table])}) DO UPDATE SET {changes}"

    def _insert_select(self) -> Statement:
        """Return rows made out of another table's: the columns both have, and changed values."""
        table, source = self._table(), self.chance.choice(STEPS)
        row, there = self._changed(table), set(self._row(source))
        parts, values = [], []
        for column, value in row.items():
            if column in there and self.chance.random() < 0.7:
                parts.append(f"o.{column}")
            else:
                parts.append(self._cast(value))
                values.append(value)
        sql = (
            f"{self._verb('INSERT')} INTO {table} ({', '.join(row)}) "
            f"SELECT {', '.join(parts)} FROM {source} o"
        )
        return sql, tuple(values)

    def _cast(self, value: Value) -> str:
        if self.sqlite:
            return "?"
        kinds = {int: "bigint", str: "text", bytes: "bytea", float: "float8"}
        return f"%s::{kinds[type(value)]}" if type(value) in kinds else "%s"

    def _update(self) -> Statement:
        table = self.chance.choice(STEPS)
        row = self._row(table)
        columns = self.chance.sample(list(row), self.chance.randint(1, 2))
        values = [self._other(table, column, row) for column in columns]
        changes = ", ".join(f"{column} = {self._mark()}" for column in columns)
        if self.chance.random() < 0.2:
            column = self.chance.choice(list(row))
            changes, values = f"{column} = {self.chance.choice(list(row))}", []
        sql, arguments = self._where(table)
        return f"{self._verb('UPDATE')} {table} SET {changes}{sql}", (*values, *arguments)

    def _delete(self) -> Statement:
        table = self.chance.choice(STEPS)
        sql, arguments = self._where(table)
        return f"DELETE FROM {table}{sql}", arguments

    def _where(self, table: str) -> Statement:
        if self.chance.random() < 0.3:
            return "", ()
        row = self._row(table)
        conditions = [f"{key} = {self._mark()}" for key in KEYS[table]]
        return " WHERE " + " AND ".join(conditions), tuple(row[key] for key in KEYS[table])

    def _session(self) -> Statement:
        """Return what is no data but might loosen the rules, without DDL."""
        if self.sqlite:
            pragma = self.chance.choice(
                ("foreign_keys", "recursive_triggers", "ignore_check_constraints",
                 "defer_foreign_keys", "reverse_unordered_selects", "trusted_schema")
            )  # fmt: skip
            return f"PRAGMA {pragma} = {self.chance.choice(('ON', 'OFF'))}", ()
        table = self.chance.choice(STEPS)
        return self.chance.choice(
            (
                f"TRUNCATE {table} CASCADE",
                "SET LOCAL session_replication_role = replica",
                "SET CONSTRAINTS ALL DEFERRED",
                "SET LOCAL search_path = pg_catalog, public",
                f"MERGE INTO {table} t USING (SELECT 1) o ON false "
                "WHEN NOT MATCHED THEN INSERT DEFAULT VALUES",
            )
        ), ()
