"""What an erasure does to the row of its customer: blocks it, lets it go on, cuts it off."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from assistant.core.clock import to_epoch_ms
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.customers import CustomerRow, DirectoryRow, VisitorRow
from assistant.vault.envelope import SHUT

_C = table_of(CustomerRow)
_D = table_of(DirectoryRow)
_V = table_of(VisitorRow)
_OF = _C.c.customer_id == bindparam("of_customer")
_HOLD = (
    select(_C.c.kind, _C.c.blocked_at, _C.c.sealing, _C.c.consent_head).where(_OF).with_for_update()
)
_BLOCK = update(_C).where(_OF).values(blocked_at=bindparam("at"))
_REFUSE_WRITES = update(_C).where(_OF).values(sealing=SHUT)
_UNBLOCK = update(_C).where(_OF).values(blocked_at=None)
_CUT_OFF = (
    delete(_D).where(_D.c.customer_id == bindparam("of_customer")),
    delete(_V).where(_V.c.customer_id == bindparam("of_customer")),
)


@dataclass(frozen=True, slots=True)
class HeldCustomer:
    """A customer's row as it stays until this write ends.

    ``sealing`` is what newly sealed values must begin with, ``chain_head`` the keyed head of the
    consent chain.
    """

    is_visitor: bool
    blocked: bool
    sealing: bytes
    chain_head: bytes | None

    @property
    def refuses_writes(self) -> bool:
        """Whether no sealed value is taken for the customer."""
        return self.sealing == SHUT


class CustomerBlocks:
    """Changes to a customer's row that only an erasure makes."""

    def hold(self, connection: Connection, customer_id: str) -> HeldCustomer | None:
        """Return the row, which nobody changes until this write ends; None where there is none."""
        row = connection.execute(_HOLD, {"of_customer": customer_id}).one_or_none()
        if row is None:
            return None
        head = row.consent_head
        return HeldCustomer(
            is_visitor=row.kind == "visitor",
            blocked=row.blocked_at is not None,
            sealing=bytes(row.sealing),
            chain_head=None if head is None else bytes(head),
        )

    def block(self, connection: Connection, customer_id: str, *, at: datetime) -> None:
        """Let nothing of the customer be used from this write on."""
        connection.execute(_BLOCK, {"of_customer": customer_id, "at": to_epoch_ms(at)})

    def refuse_writes(self, connection: Connection, customer_id: str) -> None:
        """Let nothing sealed be written for a customer of whom nothing stays.

        No data key's header is as new as the one that is asked for then, so the database refuses
        whatever any process writes. A turn that is being appended ends first, or is refused. It is
        not for whoever stays: a no that they say meanwhile may have something to seal.
        """
        connection.execute(_REFUSE_WRITES, {"of_customer": customer_id})

    def unblock(self, connection: Connection, customer_id: str) -> None:
        """Let the customer's rows be used again."""
        connection.execute(_UNBLOCK, {"of_customer": customer_id})

    def cut_off(self, connection: Connection, customer_id: str) -> None:
        """Forget who the customer is outside: a later token or event begins an empty one."""
        for statement in _CUT_OFF:
            connection.execute(statement, {"of_customer": customer_id})
