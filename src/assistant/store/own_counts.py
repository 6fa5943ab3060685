"""How much of what is kept of one customer, without opening any of it: the basis of a summary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from assistant.core.clock import from_epoch_ms
from assistant.store.tables.accountability import AccessRow, UseRow
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.chat import ConversationRow, FeedbackRow, TurnRow
from assistant.store.tables.history import EventRow
from assistant.store.tables.why_questions import FactRow

_E, _C, _T = table_of(EventRow), table_of(ConversationRow), table_of(TurnRow)
_U, _A, _F = table_of(UseRow), table_of(AccessRow), table_of(FeedbackRow)
_K = table_of(FactRow)
_CUSTOMER: BindParameter[str] = bindparam("of_customer")

_EVENTS = (
    select(_E.c.category, func.count())
    .where(_E.c.customer_id == _CUSTOMER)
    .group_by(_E.c.category)
    .order_by(_E.c.category)
)
_CONVERSATIONS = select(func.count()).select_from(_C).where(_C.c.customer_id == _CUSTOMER)
_MESSAGES = select(func.count()).select_from(_T).where(_T.c.customer_id == _CUSTOMER)
_MESSAGES_IN = _MESSAGES.where(_T.c.conversation_id == bindparam("of_conversation"))
_ACCESSES = (
    select(_A.c.role, _A.c.purpose, func.count(), func.max(_A.c.at))
    .where(_A.c.customer_id == _CUSTOMER)
    .group_by(_A.c.role, _A.c.purpose)
    .order_by(_A.c.role, _A.c.purpose)
)
_USES = (
    select(_U.c.category, func.count(_U.c.turn_key.distinct()))
    .where(_U.c.customer_id == _CUSTOMER)
    .group_by(_U.c.category)
    .order_by(_U.c.category)
)
_FACTS = select(func.count()).select_from(_K).where(_K.c.customer_id == _CUSTOMER)
_HELPED = (
    select(func.count())
    .select_from(_F)
    .where(
        _F.c.customer_id == _CUSTOMER,
        _F.c.helped.is_(True),
        _F.c.turn_key.in_(select(_U.c.turn_key).where(_U.c.customer_id == _CUSTOMER)),
    )
)


@dataclass(frozen=True, slots=True)
class Readings:
    """How often one role read for one purpose, and when last."""

    role: str
    purpose: str
    times: int
    last_at: datetime


class OwnCounts:
    """Counts one customer's rows; opens nothing."""

    def count_events(self, connection: Connection, customer_id: str) -> Mapping[str, int]:
        """Return the number of events by data category."""
        rows = connection.execute(_EVENTS, {"of_customer": customer_id})
        return {category: number for category, number in rows}  # noqa: C416  # rows are no pairs

    def count_conversations(self, connection: Connection, customer_id: str) -> int:
        """Return the number of conversations."""
        return int(connection.execute(_CONVERSATIONS, {"of_customer": customer_id}).scalar_one())

    def count_messages(
        self, connection: Connection, customer_id: str, conversation: str | None = None
    ) -> int:
        """Return the number of the customer's messages, of one conversation or of all."""
        values = {"of_customer": customer_id}
        if conversation is None:
            return int(connection.execute(_MESSAGES, values).scalar_one())
        values["of_conversation"] = conversation
        return int(connection.execute(_MESSAGES_IN, values).scalar_one())

    def count_facts(self, connection: Connection, customer_id: str) -> int:
        """Return the number of confirmed facts, paused ones too."""
        return int(connection.execute(_FACTS, {"of_customer": customer_id}).scalar_one())

    def count_readings(self, connection: Connection, customer_id: str) -> Sequence[Readings]:
        """Return the access log, summed up by role and purpose."""
        rows = connection.execute(_ACCESSES, {"of_customer": customer_id})
        return [Readings(role, why, times, from_epoch_ms(last)) for role, why, times, last in rows]

    def count_answers_helped(self, connection: Connection, customer_id: str) -> Mapping[str, int]:
        """Return in how many replies each data category was used."""
        rows = connection.execute(_USES, {"of_customer": customer_id})
        return {category: number for category, number in rows}  # noqa: C416  # rows are no pairs

    def count_verdicts(self, connection: Connection, customer_id: str) -> int:
        """Return how many replies that used something the customer said had helped."""
        return int(connection.execute(_HELPED, {"of_customer": customer_id}).scalar_one())
