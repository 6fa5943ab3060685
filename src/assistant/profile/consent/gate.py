"""The gate: the one place that makes grants, and asks the database each time.

Whoever wants to read a customer's history says for which purpose, which categories and in which
role. What comes back is a ``Grant`` for the part that is given, or a ``Refusal`` with the reason. A
grant is true for one consent epoch; ``still_holds`` asks again in the transaction that lets what
was read leave the process.
"""

from collections.abc import Collection

from assistant.core.actor import Role
from assistant.core.errors import NotFound
from assistant.core.ids import CustomerId
from assistant.profile.consent.grants import _GATE, Grant, Refusal, RefusalReason
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.consent.state import ConsentState, Standing
from assistant.profile.pack.loading import Pack
from assistant.store.customers import Customer, CustomerRepository
from assistant.store.engine import Connection

_REASONS: tuple[tuple[Standing, RefusalReason], ...] = (
    ("withdrawn", "withdrawn"),
    ("refused", "refused"),
    ("outdated", "stale_version"),
)
"""What to tell first when the asked categories stand differently; the customer's own no leads."""


class ConsentGate:
    """Authorises reading; ``region`` is where this deployment stores data."""

    def __init__(
        self, *, pack: Pack, ledger: ConsentLedger, customers: CustomerRepository, region: str
    ) -> None:
        self._pack = pack
        self._ledger = ledger
        self._customers = customers
        self._region = region

    def authorize(
        self,
        connection: Connection,
        *,
        customer_id: CustomerId,
        purpose: str,
        categories: Collection[str],
        role: Role,
    ) -> Grant | Refusal:
        """Return a grant for those of ``categories`` that are given for ``purpose``.

        A refusal means that none of them is; it is an answer, not an error.
        """
        asked = frozenset(categories)
        current = self._pack.purposes.find_purpose(purpose)
        if current is None:
            return Refusal(purpose, "unknown_purpose", asked)
        if current.storage_region != self._region:
            return Refusal(purpose, "region", asked)
        if not _may_be_used(self._find(connection, customer_id)):
            return Refusal(purpose, "blocked", asked)
        state = self._ledger.state(connection, customer_id)
        granted = asked & state.given(purpose)
        if not granted:
            return Refusal(purpose, _reason(state, purpose, asked), asked)
        return Grant(
            customer_id=customer_id,
            purpose=purpose,
            categories=granted,
            consent_epoch=state.epoch,
            role=role,
            _gate=_GATE,
        )

    def still_holds(self, connection: Connection, grant: Grant) -> bool:
        """Whether nothing about the customer's consent changed since the grant was made.

        Asked in the write that lets something leave: the answer stays true until that write ends,
        because it holds the customer's row, and a decision made meanwhile is acknowledged after it.
        """
        try:
            customer = self._customers.hold_customer(connection, grant.customer_id)
        except NotFound:
            return False
        return _may_be_used(customer) and customer.consent_epoch == grant.consent_epoch

    def _find(self, connection: Connection, customer_id: CustomerId) -> Customer | None:
        try:
            return self._customers.get_customer(connection, customer_id)
        except NotFound:
            return None


def _may_be_used(customer: Customer | None) -> bool:
    return customer is not None and customer.blocked_at is None and customer.erased_at is None


def _reason(state: ConsentState, purpose: str, asked: frozenset[str]) -> RefusalReason:
    standings = {state.standing(purpose, category) for category in asked}
    return next((reason for standing, reason in _REASONS if standing in standings), "never_given")
