"""How a visitor without a token of the company is recognised again: a renewal secret, hashed."""

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, bindparam, delete, select

from assistant.core.clock import to_epoch_ms
from assistant.core.ids import CustomerId
from assistant.store.dialects import Upsert
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.customers import VisitorRow
from assistant.vault.vault import Vault

_V = table_of(VisitorRow)
_SAVE = Upsert(_V, keys=["customer_id"], replace=["renewal_hash", "expires_at"])
_FIND = select(_V.c.customer_id).where(
    _V.c.renewal_hash == bindparam("renewal"), _V.c.expires_at > bindparam("now")
)
_HAS = select(_V.c.customer_id).where(_V.c.customer_id == bindparam("of_customer"))
_REMOVE = delete(_V).where(_V.c.customer_id == bindparam("of_customer"))


class VisitorRepository:
    """Keeps one renewal secret per visitor, as a hash that needs a key of the vault."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def save_renewal(
        self, connection: Connection, customer_id: str, *, renewal: str, expires_at: datetime
    ) -> None:
        """Make ``renewal`` the visitor's only renewal secret, good until ``expires_at``."""
        values = {
            "customer_id": customer_id,
            "renewal_hash": self._vault.service_hash("visitor-renewals", renewal.encode()),
            "expires_at": to_epoch_ms(expires_at),
        }
        connection.execute(_SAVE.on(connection), values)

    def find_visitor(
        self, connection: Connection, renewal: str, *, now: datetime
    ) -> CustomerId | None:
        """Return whose renewal secret this is, unless it has expired."""
        hashed = self._vault.service_hash("visitor-renewals", renewal.encode())
        found = connection.execute(_FIND, {"renewal": hashed, "now": to_epoch_ms(now)})
        return cast("CustomerId | None", found.scalar_one_or_none())

    def has_renewal(self, connection: Connection, customer_id: str) -> bool:
        """Whether there is this visitor; the secret may have expired."""
        found = connection.execute(_HAS, {"of_customer": customer_id})
        return found.first() is not None

    def remove_renewal(self, connection: Connection, customer_id: str) -> None:
        """Forget the visitor's renewal secret."""
        connection.execute(_REMOVE, {"of_customer": customer_id})
