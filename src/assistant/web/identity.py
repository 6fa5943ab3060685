"""External ids become internal ones here, at the edge; and visitors get theirs.

The company's id for a customer (often an e-mail address) is neither kept nor cached in the clear:
what is remembered between requests is its keyed hash.
"""

import secrets
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from assistant.core.clock import Clock
from assistant.core.errors import NotAuthenticated
from assistant.core.ids import CustomerId
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.store.visitors import VisitorRepository
from assistant.vault.vault import Vault
from assistant.web.services import Renewal

RENEWAL_DAYS: Final = 30
_CACHED: Final = 10_000


class StoreCustomers:
    """The customers of the store behind the port ``Customers``."""

    def __init__(
        self, *, database: Database, customers: CustomerRepository, vault: Vault, clock: Clock
    ) -> None:
        """The small cache holds only pairs that never change while a customer exists."""
        self._database = database
        self._customers = customers
        self._vault = vault
        self._clock = clock
        self._known: OrderedDict[bytes, CustomerId] = OrderedDict()

    async def find(self, subject: str) -> CustomerId | None:
        """Return the internal id of a customer who wrote before."""
        hashed = self._vault.external_hash(subject)
        if hashed in self._known:
            self._known.move_to_end(hashed)
            return self._known[hashed]
        found = await self._database.read(
            lambda connection: self._customers.find_customer(connection, subject)
        )
        return self._remember(hashed, found.customer_id) if found is not None else None

    async def find_or_create(self, subject: str) -> CustomerId:
        """Return the internal id, made now for a new customer."""
        known = await self.find(subject)
        if known is not None:
            return known
        created = await self._database.write(
            lambda connection: self._customers.get_or_create_customer(
                connection, subject, at=self._clock()
            )
        )
        return self._remember(self._vault.external_hash(subject), created.customer_id)

    def _remember(self, hashed: bytes, customer_id: CustomerId) -> CustomerId:
        self._known[hashed] = customer_id
        if len(self._known) > _CACHED:
            self._known.popitem(last=False)
        return customer_id


class StoreVisitors:
    """The visitors of the store behind the port ``Visitors``.

    A renewal secret says itself when it ends; as the store knows only the hash of the whole,
    nobody can move that end.
    """

    def __init__(
        self,
        *,
        database: Database,
        customers: CustomerRepository,
        visitors: VisitorRepository,
        clock: Clock,
    ) -> None:
        """Take the store's parts."""
        self._database = database
        self._customers = customers
        self._visitors = visitors
        self._clock = clock

    async def register(self) -> Renewal:
        """Create a visitor and their secret."""
        now = self._clock()
        ends = (now + timedelta(days=RENEWAL_DAYS)).replace(microsecond=0)
        secret = f"{int(ends.timestamp())}.{secrets.token_urlsafe(32)}"

        def create(connection: Connection) -> CustomerId:
            visitor = self._customers.create_visitor(connection, at=now).customer_id
            self._visitors.save_renewal(connection, visitor, renewal=secret, expires_at=ends)
            return visitor

        return Renewal(await self._database.write(create), secret, ends)

    async def recognise(self, secret: str) -> Renewal:
        """Return the visitor whose secret this is."""
        found = await self._database.read(
            lambda connection: self._visitors.find_visitor(connection, secret, now=self._clock())
        )
        if found is None:
            raise NotAuthenticated("this renewal secret is not known, or no longer")
        ends = datetime.fromtimestamp(int(secret.partition(".")[0]), self._clock().tzinfo)
        return Renewal(found, secret, ends)
