"""Which stored categories may be derived from: those that some given purpose uses."""

from assistant.core.errors import NotFound
from assistant.core.ids import CustomerId
from assistant.profile.consent.ledger import ConsentLedger
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection


class UsableHistory:
    """Asks the ledger; somebody who is not there (any more) lets nothing be used."""

    def __init__(self, *, ledger: ConsentLedger, customers: CustomerRepository) -> None:
        self._ledger = ledger
        self._customers = customers

    def find_categories(self, connection: Connection, customer_id: CustomerId) -> frozenset[str]:
        """Return the categories that may be used now, for at least one purpose."""
        try:
            return self._ledger.state(connection, customer_id).given_categories()
        except NotFound:
            return frozenset()

    def hold_categories(self, connection: Connection, customer_id: CustomerId) -> frozenset[str]:
        """Return the same in a write, and keep it so until that write ends."""
        try:
            self._customers.hold_customer(connection, customer_id)
        except NotFound:
            return frozenset()
        return self.find_categories(connection, customer_id)
