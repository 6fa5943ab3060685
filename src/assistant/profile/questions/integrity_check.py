"""The operator's check that what customers confirmed is still stored so, and who is told of it.

Every fact is opened where its seal is verified and nowhere else: a verdict comes out, no words.
Each customer whose facts were opened has that in their access log, in the same write; a customer
who is being erased is left alone.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from assistant.core.actor import Role
from assistant.core.errors import NotFound
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection
from assistant.store.facts import AuditedFact, FactRepository

T = TypeVar("T")

PURPOSE = "integrity_check"
"""Stands where a purpose stands: the duty to keep what was confirmed as it was (5(1)(d), (f))."""

_AT_ONCE = 100
"""Customers in one write, so that nobody's turn waits long behind a check."""


class Write(Protocol):
    """Runs a unit of work and returns when it is durable, as ``Database.write_now`` does."""

    def __call__(self, work: Callable[[Connection], T], /) -> T:
        """Return what ``work`` returns."""
        ...


@dataclass(slots=True)
class FactVerdicts:
    """How many facts were opened, and which of them are not as they were confirmed."""

    facts: int = 0
    unsound: list[AuditedFact] = field(default_factory=list)


class FactCheck:
    """Verifies every fact; what it returns is in the customers' access logs already."""

    def __init__(self, *, facts: FactRepository, customers: CustomerRepository) -> None:
        self._facts = facts
        self._customers = customers

    def run(self, write: Write, *, actor: str, at: datetime) -> FactVerdicts:
        """Verify the facts of everybody, some customers a write; ``actor`` runs the check."""
        verdicts, last = FactVerdicts(), ""
        while holders := write(partial(self._facts.list_holders, after=last, limit=_AT_ONCE)):
            audited = write(partial(self._verify, holders=holders, actor=actor, at=at))
            verdicts.facts += len(audited)
            verdicts.unsound += [fact for fact in audited if not fact.sound]
            last = holders[-1]
        return verdicts

    def _verify(
        self, connection: Connection, holders: Sequence[str], actor: str, at: datetime
    ) -> list[AuditedFact]:
        found: list[AuditedFact] = []
        for customer_id in holders:
            if not is_there(self._customers, connection, customer_id):
                continue
            audited = self._facts.audit_facts(connection, customer_id)
            if audited:
                categories = {fact.category for fact in audited}
                note_check(connection, customer_id, categories, len(audited), actor=actor, at=at)
            found += audited
        return found


def is_there(customers: CustomerRepository, connection: Connection, customer_id: str) -> bool:
    """Whether the customer stays until this write ends, and nothing of them is blocked."""
    try:
        return customers.hold_customer(connection, customer_id).blocked_at is None
    except NotFound:
        return False


def note_check(
    connection: Connection,
    customer_id: str,
    categories: Collection[str],
    items: int,
    *,
    actor: str,
    at: datetime,
) -> None:
    """Write into a customer's access log that an operator had ``items`` of theirs checked."""
    entry = Access(
        role=Role.OPERATOR,
        purpose=PURPOSE,
        categories=frozenset(categories),
        items=items,
        item_ids=(),
        at=at,
        actor=actor,
        reading="check",
    )
    AccessLogRepository().add_access(connection, customer_id, entry)
