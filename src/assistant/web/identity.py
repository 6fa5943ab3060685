"""External ids become internal ones here, at the edge; and visitors get theirs.

The company's id for a customer (often an e-mail address) is neither kept nor cached in the clear:
what is remembered between requests is its keyed hash.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from assistant.core.clock import Clock, to_epoch_ms
from assistant.core.errors import CustomerErased, NotAuthenticated
from assistant.core.ids import CustomerId
from assistant.store.customers import Customer, CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.store.visitors import VisitorRepository
from assistant.vault.vault import Vault
from assistant.web.services import LATEST, Renewal

RENEWAL_DAYS: Final = 30
_CACHED: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Known:
    """A customer, and when everything of the same person was erased last (ms since 1970, or 0)."""

    customer_id: CustomerId
    not_before: int

    @classmethod
    def of(cls, customer: Customer) -> Self:
        """Take what is remembered of a customer."""
        erased = customer.not_before
        return cls(customer.customer_id, 0 if erased is None else to_epoch_ms(erased))


class StoreCustomers:
    """The customers of the store behind the port ``Customers``."""

    def __init__(
        self, *, database: Database, customers: CustomerRepository, vault: Vault, clock: Clock
    ) -> None:
        """The small cache holds only pairs that never change while a customer exists.

        An erasure takes its customer out of it (``forget_erased``). Should a process have missed
        that, the database refuses whatever is written for the customer.
        """
        self._database = database
        self._customers = customers
        self._vault = vault
        self._clock = clock
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def find(self, subject: str, *, issued_at: int = LATEST) -> CustomerId | None:
        """Return the internal id of a customer who wrote before.

        Raises:
            CustomerErased: everything of them was erased when the token was issued, or since.
        """
        hashed = self._vault.external_hash(subject)
        known = self._known.get(hashed)
        if known is not None:
            self._known.move_to_end(hashed)
            return _current(known, issued_at)
        found = await self._database.read(
            lambda connection: self._customers.find_customer(connection, subject)
        )
        if found is not None:
            return _current(self._remember(hashed, found), issued_at)
        erased = await asyncio.to_thread(self._customers.erased_since, subject)
        if erased is not None and issued_at <= to_epoch_ms(erased):
            raise _erased()
        return None

    async def find_or_create(self, subject: str, *, issued_at: int = LATEST) -> CustomerId:
        """Return the internal id, made now for a new customer; raises what ``find`` does."""
        there = await self.find(subject, issued_at=issued_at)
        if there is not None:
            return there
        created = await self._database.write(
            lambda connection: self._customers.get_or_create_customer(
                connection, subject, at=self._clock()
            )
        )
        known = self._remember(self._vault.external_hash(subject), created)
        return _current(known, issued_at)

    def forget(self, subject: str) -> None:
        """Look this customer up anew at the next request."""
        self._known.pop(self._vault.external_hash(subject), None)

    def forget_erased(self, customers: Collection[CustomerId]) -> None:
        """Remember nothing of customers of whom something was erased."""
        gone = [hashed for hashed, one in self._known.items() if one.customer_id in customers]
        for hashed in gone:
            del self._known[hashed]

    def _remember(self, hashed: bytes, customer: Customer) -> _Known:
        known = self._known[hashed] = _Known.of(customer)
        if len(self._known) > _CACHED:
            self._known.popitem(last=False)
        return known


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
        self._known: OrderedDict[CustomerId, None] = OrderedDict()

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

    async def require(self, customer_id: CustomerId) -> None:
        """Raise ``CustomerErased`` unless there is this visitor (any more)."""
        if customer_id in self._known:
            self._known.move_to_end(customer_id)
            return
        there = await self._database.read(
            lambda connection: self._visitors.has_renewal(connection, customer_id)
        )
        if not there:
            raise _erased()
        self._known[customer_id] = None
        if len(self._known) > _CACHED:
            self._known.popitem(last=False)

    def forget(self, customer_id: CustomerId) -> None:
        """Look this visitor up anew at the next request."""
        self._known.pop(customer_id, None)

    def forget_erased(self, customers: Collection[CustomerId]) -> None:
        """Remember nothing of visitors of whom something was erased."""
        for customer_id in customers:
            self.forget(customer_id)


def _current(known: _Known, issued_at: int) -> CustomerId:
    """Return whose token it is, unless it is from before their erasure."""
    if issued_at <= known.not_before:
        raise _erased()
    return known.customer_id


def _erased() -> CustomerErased:
    return CustomerErased("everything of this customer was erased; sign in anew")
