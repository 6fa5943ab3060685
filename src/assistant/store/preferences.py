"""What a customer prefers about how they are spoken to: words of a closed set, one row each."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from assistant.core.clock import to_epoch_ms
from assistant.store.dialects import Upsert
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.why_questions import PreferenceRow

_P = table_of(PreferenceRow)
_SAVE = Upsert(_P, keys=["customer_id", "name"], replace=["value", "changed_at"])
_FIND = select(_P.c.value).where(
    _P.c.customer_id == bindparam("of_customer"), _P.c.name == bindparam("of_name")
)


class PreferenceRepository:
    """Keeps the latest word of a customer on each preference."""

    def find_preference(self, connection: Connection, customer_id: str, name: str) -> str | None:
        """Return what the customer chose, None where they never chose."""
        found = connection.execute(_FIND, {"of_customer": customer_id, "of_name": name})
        value: str | None = found.scalar_one_or_none()
        return value

    def save_preference(
        self, connection: Connection, customer_id: str, name: str, value: str, *, at: datetime
    ) -> None:
        """Keep ``value``, a word of ours, as the customer's choice."""
        values = {
            "customer_id": customer_id,
            "name": name,
            "value": value,
            "changed_at": to_epoch_ms(at),
        }
        connection.execute(_SAVE.on(connection), values)
