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


def run(database: Database, *statements: str, **values: object) -> None:
    """Send statements in one write."""

    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement), values)

    database.write_now(work)
