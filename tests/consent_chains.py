"""Chains of decisions in a test's database: how they are made, read and looked at."""

from sqlalchemy import text
from tests.fakes.clock import SteppableClock

from assistant.store.consent_audit import BrokenChain, ChainAudit
from assistant.store.consents import ConsentEntry, Decision
from assistant.store.engine import Connection, Database
from assistant.vault.vault import Vault


def entry(clock: SteppableClock, category: str, decision: Decision = "given") -> ConsentEntry:
    """One decision with its evidence."""
    return ConsentEntry(
        "learn_why", 1, category, decision, clock(), "ab" * 32, "api", {"form": "a signed one"}
    )


def audit(database: Database, vault: Vault) -> list[BrokenChain]:
    """Every chain that does not hold."""
    return list(ChainAudit(vault).find_broken(database.read_now))


UNGUARDED = (
    "consent_events_refuse_insert_form",
    "consent_events_refuse_insert_chain",
    "consent_events_refuse_update",
    "consent_events_refuse_delete",
    "customers_refuse_consent_head",
)


def tamper(database: Database, *statements: str, **values: object) -> None:
    """Do what only the owner of the tables can: lift the triggers, then change rows."""
    if database.dialect == "postgresql":
        lift = ["SET LOCAL session_replication_role = replica"]
    else:
        lift = [f"DROP TRIGGER {name}" for name in UNGUARDED]
    run(database, *lift, *statements, **values)


def begin_erasure(scope: str, state: str = "BLOCKED_FOR_USE") -> str:
    """Return the statement by which somebody pretends that ``:customer`` asked for an erasure."""
    return (
        "INSERT INTO erasures (customer_id, erasure_id, scope, cause, state, requested_at, "
        f"status_hash, request_hash, counts, attempts) VALUES (:customer, 'e', '{scope}', "
        f"'customer', '{state}', 0, :hash, :hash, '{{}}', 0)"
    )


def shut(database: Database) -> str:
    """Return the literal of what ``sealing`` is where nothing may be written any more."""
    return "x'ff'" if database.dialect == "sqlite" else "'\\xff'::bytea"


def run(database: Database, *statements: str, **values: object) -> None:
    """Send statements in one write."""

    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement), values)

    database.write_now(work)
