"""What asking for an erasure and carrying it out share: rows, blocks, and what was made of rows."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from assistant.profile.erasure.samples import SampleSeal
from assistant.store.customer_blocks import CustomerBlocks
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection
from assistant.store.erasing import RowEraser
from assistant.store.erasures import ErasureRepository


class Histories(Protocol):
    """Takes erased events out of the packed block: ``retrieval.history_trimming``."""

    def trim(self, connection: Connection, customer_id: str, erased: Collection[str]) -> None:
        """Let nothing of the ``erased`` events stay in the customer's block."""
        ...


class Replies(Protocol):
    """Takes the words of erased items out of stored replies: ``dialogue.erased_replies``."""

    def erase_using(
        self, connection: Connection, customer_id: str, item_ids: Collection[str]
    ) -> int:
        """Empty every reply that is recorded to have used one of the items."""
        ...

    def erase_citing(
        self, connection: Connection, customer_id: str, known: Collection[str], *, after: str
    ) -> str | None:
        """Empty, of the next replies, those that cite what is not ``known``; None at the end."""
        ...


@dataclass(frozen=True, slots=True)
class ErasureParts:
    """The repositories and the hands that reach into the floors above."""

    erasures: ErasureRepository
    customers: CustomerRepository
    rows: RowEraser
    blocks: CustomerBlocks
    samples: SampleSeal
    histories: Histories
    replies: Replies
