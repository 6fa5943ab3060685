"""From a verified caller to the actor that the inside knows: internal id, role, end of token."""

from dataclasses import dataclass

from assistant.core.actor import CustomerActor, Role
from assistant.web.auth import Caller, KnownCustomer
from assistant.web.services import Customers


@dataclass(frozen=True, slots=True)
class Actors:
    """Maps callers to actors; a customer of the company exists from the first message on."""

    customers: Customers

    async def find(self, caller: Caller) -> CustomerActor | None:
        """Return the actor, or None for a customer who never wrote anything."""
        if not isinstance(caller, KnownCustomer):
            return CustomerActor(caller.customer_id, Role.VISITOR, caller.expires_at)
        customer_id = await self.customers.find(caller.subject)
        if customer_id is None:
            return None
        return CustomerActor(customer_id, Role.CUSTOMER, caller.expires_at)

    async def get(self, caller: Caller) -> CustomerActor:
        """Return the actor, creating an empty customer where there is none."""
        if not isinstance(caller, KnownCustomer):
            return CustomerActor(caller.customer_id, Role.VISITOR, caller.expires_at)
        customer_id = await self.customers.find_or_create(caller.subject)
        return CustomerActor(customer_id, Role.CUSTOMER, caller.expires_at)
