"""From a verified caller to the actor that the inside knows: internal id, role, end of token."""

from dataclasses import dataclass

from assistant.core.actor import CustomerActor, Role
from assistant.web.auth import Caller, KnownCustomer
from assistant.web.services import Customers, Visitors


@dataclass(frozen=True, slots=True)
class Actors:
    """Maps callers to actors; a customer of the company exists from the first message on.

    Every method raises ``CustomerErased`` for a token from before an erasure of everything.
    """

    customers: Customers
    visitors: Visitors

    async def find(self, caller: Caller) -> CustomerActor | None:
        """Return the actor, or None for a customer who never wrote anything."""
        if not isinstance(caller, KnownCustomer):
            await self.visitors.require(caller.customer_id)
            return CustomerActor(caller.customer_id, Role.VISITOR, caller.expires_at)
        customer_id = await self.customers.find(caller.subject, issued_at=caller.issued_at)
        if customer_id is None:
            return None
        return CustomerActor(customer_id, Role.CUSTOMER, caller.expires_at)

    async def get(self, caller: Caller) -> CustomerActor:
        """Return the actor, creating an empty customer where there is none."""
        if not isinstance(caller, KnownCustomer):
            await self.visitors.require(caller.customer_id)
            return CustomerActor(caller.customer_id, Role.VISITOR, caller.expires_at)
        customer_id = await self.customers.find_or_create(
            caller.subject, issued_at=caller.issued_at
        )
        return CustomerActor(customer_id, Role.CUSTOMER, caller.expires_at)

    async def find_anew(self, caller: Caller) -> CustomerActor | None:
        """Do what ``find`` does with what the database knows now, whatever was remembered."""
        self._forget(caller)
        return await self.find(caller)

    async def get_anew(self, caller: Caller) -> CustomerActor:
        """Return the actor as the database knows it now, whatever was remembered."""
        self._forget(caller)
        return await self.get(caller)

    def _forget(self, caller: Caller) -> None:
        if isinstance(caller, KnownCustomer):
            self.customers.forget(caller.subject)
        else:
            self.visitors.forget(caller.customer_id)
