"""Raw SQL with the application's role inserts no fact without its chain, none without an end."""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from psycopg import sql as pg
from sqlalchemy import make_url
from tests.fakes.clock import SteppableClock
from tests.profile_parts import MARKET
from tests.proving import ProofRun
from tests.question_attack import Attack, Statement
from tests.question_chains import STEPS, Published
from tests.question_invariant import violations_query

from assistant.profile.consent.published_purposes import publish
from assistant.profile.pack.loading import load_pack
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.store.published_purposes import PublishedPurposeRepository
from assistant.vault.vault import Vault

BATCH = 20
"""Statements between two looks at the invariant; the culprit is found by going through them."""

ROUND = 100
"""Batches of one search of Hypothesis."""

ROLE = "assistant_fuzz"
PRAGMAS = ("foreign_keys", "recursive_triggers", "ignore_check_constraints")


class Target(Protocol):
    """A database the attacker is connected to; ``begin`` forgets whatever was done before."""

    sqlite: bool
    problem: str
    """Why the last statement was refused."""

    def begin(self, chance: random.Random) -> None: ...

    def run(self, statement: Statement) -> bool:
        """Try a statement; False when the database refused it. Undone on refusal."""
        ...

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]: ...


@dataclass
class SqliteTarget:
    """A connection of the attacker's own, with whatever pragmas they like."""

    raw: sqlite3.Connection
    sqlite: bool = True
    problem: str = ""

    def begin(self, chance: random.Random) -> None:
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")
        for pragma in PRAGMAS:
            self.raw.execute(f"PRAGMA {pragma} = {chance.choice(('ON', 'OFF', 'OFF'))}")
        self.raw.execute("PRAGMA trusted_schema = ON")  # else all facts are refused
        self.raw.execute("BEGIN")

    def run(self, statement: Statement) -> bool:
        try:
            self.raw.execute(*statement)
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            self.problem = str(error)
            return False
        finally:
            if not self.raw.in_transaction:  # OR ROLLBACK gave up everything
                self.raw.execute("BEGIN")
        return True

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        return self.raw.execute(query).fetchall()


@dataclass
class PostgresTarget:
    """A session of a role that may change every row and owns nothing."""

    raw: psycopg.Connection[Any]
    sqlite: bool = False
    problem: str = ""

    def begin(self, chance: random.Random) -> None:
        del chance
        self.raw.rollback()

    def run(self, statement: Statement) -> bool:
        cursor = self.raw.execute("SAVEPOINT attempt")
        try:
            cursor.execute(*statement)
        except psycopg.Error as error:
            self.problem = str(error)
            self.raw.execute("ROLLBACK TO SAVEPOINT attempt")
            return False
        self.raw.execute("RELEASE SAVEPOINT attempt")
        return True

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        self.raw.execute("SAVEPOINT look")
        found = self.raw.execute(query).fetchall()
        self.raw.execute("RELEASE SAVEPOINT look")
        return found


@dataclass
class World:
    """What is there before the attacker comes: customers and published purposes."""

    customers: tuple[str, ...]
    published: tuple[Published, ...]
    accepted: dict[str, int] = field(default_factory=dict)
    tried: int = 0

    def attack(self, target: Target, chance: random.Random) -> list[Statement]:
        """Run one batch; return the statements that led to a fact that must not be."""
        target.begin(chance)
        attack = Attack(chance, self.customers, self.published, target.sqlite)
        done = []
        for statement in attack.prefix():
            assert target.run(statement), f"a valid step was refused: {statement} {target.problem}"
            done.append(statement)
        for _ in range(BATCH):
            statement = attack.statement()
            self.tried += 1
            if target.run(statement):
                verb = statement[0].split()[0]
                self.accepted[verb] = self.accepted.get(verb, 0) + 1
                done.append(statement)
        return done if target.rows(violations_query(sqlite=target.sqlite)) else []


@pytest.fixture
def world(database: Database, vault: Vault, clock: SteppableClock) -> World:
    pack, customers = load_pack(MARKET), CustomerRepository(vault=vault)

    def work(connection: Connection) -> tuple[str, ...]:
        publish(connection, pack, PublishedPurposeRepository(), at=clock())
        names = ("ada@mail.example", "ben@mail.example")
        made = [customers.get_or_create_customer(connection, n, at=clock()) for n in names]
        return tuple(customer.customer_id for customer in made)

    ids = database.write_now(work)
    rows = database.read_now(PublishedPurposeRepository().list_published)
    cards = [Published(r.purpose, r.version, r.lang, r.text_sha256) for r in rows]
    return World(ids, tuple(card for card in cards if card.purpose == "learn_why"))


@pytest.fixture
def target(database: Database, database_url: str) -> Iterator[Target]:
    if database.dialect == "sqlite":
        raw = sqlite3.connect(make_url(database_url).database or "", isolation_level=None)
        raw.execute("PRAGMA synchronous = OFF")
        yield SqliteTarget(raw)
        raw.close()
        return
    raw_url = database_url.replace("+psycopg", "")
    make_role(raw_url)
    name = make_url(database_url).database or ""
    with psycopg.connect(raw_url, dbname=name, user=ROLE, password=ROLE) as session:
        yield PostgresTarget(session)
        session.rollback()


def make_role(url: str) -> None:
    """Make the attacker's role: it may read and change every row, and owns nothing."""
    with psycopg.connect(url, autocommit=True) as owner:
        # Roles belong to the server: another test process may have made it just now.
        owner.execute("SELECT pg_advisory_lock(7310999)")
        if not owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            owner.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}' NOSUPERUSER")
        owner.execute(
            pg.SQL(
                "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public "
                "TO {}"
            ).format(pg.Identifier(ROLE))
        )
        owner.execute("SELECT pg_advisory_unlock(7310999)")


@pytest.mark.proof(
    "Raw SQL inserts no fact without card, question, answer and confirmation, nor one without end",
    small=300,
    full=100_000,
)
def test_no_statement_inserts_a_fact_without_its_chain(
    world: World, target: Target, proof_run: ProofRun
) -> None:
    batches = proof_run.count // BATCH
    for begun in range(0, batches, ROUND):  # a search of its own each: what it remembers is bounded

        @seed(proof_run.seed * 1_000_003 + begun)
        @settings(
            max_examples=min(ROUND, batches - begun),
            deadline=None,
            database=None,
            phases=[Phase.generate],  # a batch is short enough to be read as it is
            suppress_health_check=list(HealthCheck),
        )
        @given(chance=st.randoms(use_true_random=False))
        def attack(chance: random.Random) -> None:
            done = world.attack(target, chance)
            assert not done, "\n".join(f"{sql} {values}" for sql, values in done)

        attack()

    assert world.tried >= proof_run.count
    assert {"INSERT", "UPDATE", "DELETE"} <= set(world.accepted), "the attack must come near"


@pytest.mark.parametrize(
    "trigger",
    ["facts_guard_insert", "facts_guard_update", "confirmations_guard_update"],
)
def test_the_attack_finds_a_guard_that_is_missing(
    world: World, target: Target, database: Database, trigger: str
) -> None:
    table = trigger.partition("_guard")[0]
    drop = f"DROP TRIGGER {trigger}" + ("" if target.sqlite else f" ON {table}")
    database.write_now(lambda c: c.exec_driver_sql(drop))

    chances = (random.Random(number) for number in range(2_000))  # noqa: S311 - to be repeated
    found = any(world.attack(target, chance) for chance in chances)

    assert found, f"nothing was found without {trigger}"


@pytest.mark.parametrize("table", STEPS)
def test_postgresql_truncates_no_step(
    table: str, postgresql_url: str, postgres_template: object
) -> None:
    del postgres_template
    with (
        psycopg.connect(postgresql_url.replace("+psycopg", "")) as session,
        pytest.raises(psycopg.errors.CheckViolation, match="not truncated"),
    ):
        session.execute(f"TRUNCATE {table} CASCADE")
