"""Watches every statement of the whole test suite: on a personal table it must name the customer.

The check sits below the code under test, in SQLAlchemy itself, so no repository can forget it: a
SELECT, UPDATE or DELETE that touches a table with ``customer_id`` needs a condition on that column,
an INSERT must fill it. What has to look across customers is named below with its reason. Statements
that a test itself sends are its own business.
"""

import re
import sys
from collections.abc import Iterable
from types import FrameType

import pytest
from sqlalchemy import Engine, event

from assistant.store.tables import CATALOGUE

PERSONAL = frozenset(name for name, rule in CATALOGUE.items() if rule.personal)

ACROSS_CUSTOMERS = {
    "customers._find_all": "finds the customer of an external id; the keyed hash is the scope",
    "visitors.find_visitor": "finds the visitor of a renewal secret; its hash is the scope",
    "consent_audit._page": "`assistant check` reads every chain end to end; opens nothing",
    "consent_audit._emptied_page": "`assistant check` looks for chains whose rows are gone; ids",
    "events.count_events": "a number for the operator, of all customers together",
    "dump._read_rows": "a backup holds every row of everybody, sealed as it is stored",
    "dump.count_rows": "a number for the progress of a backup",
    "emptying.holds_customers": "whether a restore would meet anything about anybody",
    "lost_content._holds_lost": "whether the keys beside a restored database open what is in it",
    "ledger_customers.list_all": "whom the entries of the erasure ledger are about; ids and hashes",
    "feedback.list_gaps": "unanswered questions for the authors; scores and passages, no text",
    "erasures.claim": "what is due of all customers; ids and states only",
    "erasures.find_by_status": "finds the erasure of a status token; its hash is the scope",
    "erasures.find_by_request": "finds the erasure of a repeated request; its hash is the scope",
    "erasures.list_since": "whose memory must go in every process; ids only",
    "erasures.list_open": "what is late, for the operator; ids and states only",
    "expired_rows.list_expired": "whose rows are due, for the hourly worker; ids only",
    "erased_events.drop": "hashes of erased events whose time is over for every category",
    "expired_rows.list_gone_visitors": "visitors who cannot come back; ids only",
    "expired_rows.drop_final": "records of erasures that are over, of whom nobody is left",
    "history_blocks.list_waiting": "the indexing queue; ids only",
    "breach.list_readings": "whom a breach touched, for the operator; counts and ids, no content",
    "access_alarms.volumes": "how much each reader read, for the alarm; counts and actors only",
    "history_blocks.queue_other_embedders": "re-indexing after a change of model; ids only",
    "why_questions.list_due": "questions whose time passed, for the hourly worker; ids only",
    "facts.list_expired": "facts whose time passed, for the hourly worker; ids only",
    "facts.list_holders": "whose facts the operator's check verifies, one by one; ids only",
}
"""``module.function`` of the store that may look across customers, and why."""

_TABLE = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE|,)\s+"?(\w+)"?', re.IGNORECASE)
_INSERT = re.compile(r"^\s*INSERT\s+INTO\s+\S+\s*\(([^)]*)\)", re.IGNORECASE)
_WATCHED = re.compile(r"^\s*(?:SELECT|UPDATE|DELETE|INSERT|WITH)\b", re.IGNORECASE)
_SCOPED = re.compile(
    r"\bcustomer_id\b\"?\s*(?:=|IN\b)|\([^()]*\bcustomer_id\b[^()]*\)\s*IN\b", re.I
)


class UnscopedStatement(AssertionError):
    """A statement of the store touches personal rows without naming their customer."""


def personal_tables(statement: str) -> set[str]:
    """Return the personal tables that a statement touches."""
    return {name.lower() for name in _TABLE.findall(statement)} & PERSONAL


def is_scoped(statement: str) -> bool:
    """Return whether a statement on personal tables names the customer."""
    if columns := _INSERT.match(statement):
        return "customer_id" in columns[1]
    _, _, condition = re.sub(r"\s+", " ", statement).partition(" WHERE ")
    return bool(_SCOPED.search(condition))


def calling_function(frame: FrameType | None) -> str | None:
    """Return ``module.function`` of the innermost code of ours, None where a test is nearer."""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("assistant.store."):
            return f"{module.rpartition('.')[2]}.{frame.f_code.co_name}"
        if module.startswith(("tests.", "test_", "bench.")) or module == "conftest":
            return None
        frame = frame.f_back
    return None


def callers_of(frame: FrameType | None) -> Iterable[str]:
    """Yield ``module.function`` of all frames of the store, innermost first."""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("assistant.store."):
            yield f"{module.rpartition('.')[2]}.{frame.f_code.co_name}"
        frame = frame.f_back


def watch(statement: str, frame: FrameType | None) -> None:
    """Raise for a statement of the store that touches personal rows without their customer."""
    if not _WATCHED.match(statement) or not personal_tables(statement) or is_scoped(statement):
        return
    if calling_function(frame) is None:
        return
    callers = list(callers_of(frame))
    if not ACROSS_CUSTOMERS.keys() & set(callers):
        raise UnscopedStatement(
            f"{callers[0]}: names no customer_id; scope it, or add it to "
            f"tests/scoping.py with a reason: {statement}"
        )


def _before_execute(
    connection: object,
    cursor: object,
    statement: str,
    parameters: object,
    context: object,
    executemany: bool,  # noqa: FBT001 - SQLAlchemy's signature
) -> None:
    del connection, cursor, parameters, context, executemany
    watch(statement, sys._getframe(1))


def pytest_configure(config: pytest.Config) -> None:
    del config
    event.listen(Engine, "before_cursor_execute", _before_execute)
