"""Customers: from the company's own id for somebody to our random one, once and for all."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias, cast

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.errors import NotFound
from assistant.core.ids import CustomerId, new_id
from assistant.store.dialects import lock_exclusively
from assistant.store.tables.catalogue import as_stored, table_of
from assistant.store.tables.customers import CustomerRow, DirectoryRow
from assistant.vault.vault import Vault

CustomerKind = Literal["customer", "visitor"]

OnMade: TypeAlias = Callable[[Connection, str, str, datetime | None], None]
"""Told customer, external id and when everything of that person was erased last."""

_CREATION_LOCK = 7_310_002

_C = table_of(CustomerRow)
_D = table_of(DirectoryRow)
_OF = _C.c.customer_id == bindparam("of_customer")
_COLUMNS = (
    _C.c.customer_id,
    _C.c.kind,
    _C.c.created_at,
    _C.c.consent_epoch,
    _C.c.blocked_at,
    _C.c.erased_at,
    _C.c.not_before,
)
_BY_HASHES = (
    select(_D.c.external_hash, *_COLUMNS)
    .join(_C, _C.c.customer_id == _D.c.customer_id)
    .where(_D.c.external_hash.in_(bindparam("hashes", expanding=True)))
)
_BY_ID = select(*_COLUMNS).where(_OF)
_HELD = _BY_ID.with_for_update(read=True)  # SQLite leaves it out: its one writer is alone anyway
_EPOCH = select(_C.c.consent_epoch).where(_OF)
_BUMP = (
    update(_C).where(_OF).values(consent_epoch=_C.c.consent_epoch + 1).returning(_C.c.consent_epoch)
)
_EXTERNAL = select(_C.c.external_sealed).where(_OF)
_ADD = insert(_C)
_ADD_TO_DIRECTORY = insert(_D)


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer or visitor as the store knows them; who they are outside stays sealed."""

    customer_id: CustomerId
    kind: CustomerKind
    created_at: datetime
    consent_epoch: int
    blocked_at: datetime | None
    erased_at: datetime | None
    not_before: datetime | None = None
    """When everything of the same person was erased last; what is older belongs to nobody."""


class CustomerRepository:
    """Finds and creates customers and keeps their consent epoch.

    ``erased_since`` says of an external id when everything of that person was erased last; it is
    asked when a customer is made, so that nothing from before comes back to them. ``on_made`` is
    told of each within that write, to keep away what was erased of them in part.
    """

    def __init__(
        self,
        *,
        vault: Vault,
        erased_since: Callable[[str], datetime | None] = lambda _id: None,
        on_made: OnMade = lambda *_made: None,
    ) -> None:
        self._vault = vault
        self._erased_since = erased_since
        self._on_made = on_made

    def erased_since(self, external_id: str) -> datetime | None:
        """Return when everything of somebody was erased last, known or not known any more."""
        return self._erased_since(external_id)

    def find_customer(self, connection: Connection, external_id: str) -> Customer | None:
        """Return the customer whom the company knows as ``external_id``."""
        return self._find_all(connection, [external_id]).get(external_id)

    def find_customers(
        self, connection: Connection, external_ids: Collection[str]
    ) -> dict[str, Customer]:
        """Return those of the named customers who are there, by external id."""
        return self._find_all(connection, sorted(external_ids))

    def get_or_create_customer(
        self, connection: Connection, external_id: str, *, at: datetime
    ) -> Customer:
        """Return the one customer of ``external_id``, made at ``at`` when new."""
        return self.get_or_create_customers(connection, [external_id], at=at)[external_id]

    def get_or_create_customers(
        self, connection: Connection, external_ids: Collection[str], *, at: datetime
    ) -> Mapping[str, Customer]:
        """Return the customers of many external ids (an import's batch), making those missing.

        Their data keys are durable in the key database before the rows are; a key without a row,
        after a crash in between, opens nothing and harms nobody.
        """
        wanted = list(dict.fromkeys(external_ids))
        found = self._find_all(connection, wanted)
        if len(found) < len(wanted):
            lock_exclusively(connection, _CREATION_LOCK)
            found = self._find_all(connection, wanted)
            missing = [external_id for external_id in wanted if external_id not in found]
            found |= self._create(connection, missing, at)
        return found

    def create_visitor(self, connection: Connection, *, at: datetime) -> Customer:
        """Make a visitor, a subject without an external id."""
        customer = _new_customer("visitor", at)
        self._vault.create_key(customer.customer_id)
        connection.execute(_ADD, _values(customer, None))
        return customer

    def get_customer(self, connection: Connection, customer_id: str) -> Customer:
        """Return the customer with this internal id.

        Raises:
            NotFound: there is none.
        """
        return self._get(connection, _BY_ID, customer_id)

    def hold_customer(self, connection: Connection, customer_id: str) -> Customer:
        """Return the customer as they stay until this write ends: decisions about them wait.

        Raises:
            NotFound: there is none.
        """
        return self._get(connection, _HELD, customer_id)

    def get_external_id(self, connection: Connection, customer_id: str) -> str | None:
        """Return the company's own id for the customer, opened; None for a visitor."""
        sealed = connection.execute(_EXTERNAL, {"of_customer": customer_id}).scalar_one_or_none()
        if sealed is None:
            return None
        return self._vault.open(customer_id, _C.name, "external", sealed).decode()

    def consent_epoch(self, connection: Connection, customer_id: str) -> int:
        """Return the epoch that every decision of the customer about consent moves on.

        Raises:
            NotFound: there is no such customer (any more).
        """
        epoch = connection.execute(_EPOCH, {"of_customer": customer_id}).scalar_one_or_none()
        if epoch is None:
            raise NotFound("there is no such customer")
        return cast("int", epoch)

    def bump_epoch(self, connection: Connection, customer_id: str) -> int:
        """Move the consent epoch on and return it; holds the customer's row until the end."""
        epoch = connection.execute(_BUMP, {"of_customer": customer_id}).scalar_one_or_none()
        if epoch is None:
            raise NotFound("there is no such customer")
        return cast("int", epoch)

    def _get(self, connection: Connection, statement: Select[Any], customer_id: str) -> Customer:
        row = connection.execute(statement, {"of_customer": customer_id}).one_or_none()
        if row is None:
            raise NotFound("there is no such customer")
        return _customer(row)

    def _find_all(
        self, connection: Connection, external_ids: Collection[str]
    ) -> dict[str, Customer]:
        hashes = {self._vault.external_hash(external): external for external in external_ids}
        rows = connection.execute(_BY_HASHES, {"hashes": list(hashes)})
        return {hashes[bytes(row.external_hash)]: _customer(row) for row in rows}

    def _create(
        self, connection: Connection, external_ids: Collection[str], at: datetime
    ) -> dict[str, Customer]:
        made = {
            external_id: _new_customer("customer", at, self._erased_since(external_id))
            for external_id in external_ids
        }
        if not made:
            return made
        self._vault.create_keys([customer.customer_id for customer in made.values()])
        rows = [
            _values(customer, self._seal(external, customer)) for external, customer in made.items()
        ]
        connection.execute(_ADD, rows)
        connection.execute(
            _ADD_TO_DIRECTORY,
            [
                {
                    "customer_id": customer.customer_id,
                    "external_hash": self._vault.external_hash(external_id),
                }
                for external_id, customer in made.items()
            ],
        )
        for external_id, customer in made.items():
            self._on_made(connection, customer.customer_id, external_id, customer.not_before)
        return made

    def _seal(self, external_id: str, customer: Customer) -> bytes:
        return self._vault.seal(customer.customer_id, _C.name, "external", external_id.encode())


def _new_customer(kind: CustomerKind, at: datetime, not_before: datetime | None = None) -> Customer:
    return Customer(CustomerId(new_id()), kind, as_stored(at), 0, None, None, not_before)


def _values(customer: Customer, external_sealed: bytes | None) -> dict[str, Any]:
    return {
        "customer_id": customer.customer_id,
        "kind": customer.kind,
        "external_sealed": external_sealed,
        "created_at": to_epoch_ms(customer.created_at),
        "consent_epoch": customer.consent_epoch,
        "not_before": None if customer.not_before is None else to_epoch_ms(customer.not_before),
    }


def _customer(row: Row[*tuple[Any, ...]]) -> Customer:
    return Customer(
        customer_id=row.customer_id,
        kind=row.kind,
        created_at=from_epoch_ms(row.created_at),
        consent_epoch=row.consent_epoch,
        blocked_at=_moment(row.blocked_at),
        erased_at=_moment(row.erased_at),
        not_before=_moment(row.not_before),
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_epoch_ms(milliseconds)
