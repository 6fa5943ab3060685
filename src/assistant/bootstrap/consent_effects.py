"""What follows from a decision about consent, in the transaction that records it."""

from dataclasses import dataclass
from typing import Self

from assistant.bootstrap.erasing import Erasing
from assistant.bootstrap.stores import Stores
from assistant.profile.consent.ledger import Unlawful, UseChange
from assistant.profile.erasure.requests import ErasureScope
from assistant.profile.pack.categories import CategoryCatalogue
from assistant.profile.pack.loading import Pack
from assistant.retrieval.history_trimming import HistoryTrimmer
from assistant.store.engine import Connection
from assistant.store.erasing import RowEraser, RowScope
from assistant.store.events import EventRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedHistory:
    """Keeps a customer's packed history to what they let be used.

    Vectors of what may not be used any more go at once. What may be used from now on and was stored
    before is found at once too: the block, which leaves it out, is dropped and made anew, and until
    then the rows themselves are searched by their words.
    """

    categories: CategoryCatalogue
    events: EventRepository
    trimmer: HistoryTrimmer
    rows: RowEraser

    @classmethod
    def over(cls, stores: Stores, pack: Pack) -> Self:
        """Join it over opened stores."""
        rows = RowEraser()
        return cls(
            categories=pack.categories,
            events=stores.events,
            trimmer=HistoryTrimmer(blocks=stores.blocks, rows=rows),
            rows=rows,
        )

    def follow(self, connection: Connection, change: UseChange) -> None:
        """Let the block follow a decision (in its write)."""
        of = change.customer_id
        if any(map(self.categories.storable_without_consent, change.added)):
            self.rows.drop_block(connection, of)
        elif change.removed:
            gone = self.events.list_event_ids(connection, of, categories=change.removed)
            self.trimmer.trim(connection, of, set(gone))


def erase_unlawful(erasing: Erasing, connection: Connection, unlawful: Unlawful) -> None:
    """Erase what only the withdrawn consent let be stored, where anything is."""
    for category in sorted(unlawful.categories):
        rows = RowScope("category", category)
        if erasing.parts.rows.count(connection, unlawful.customer_id, rows, at_most=1):
            erasing.erasures.request(
                connection,
                unlawful.customer_id,
                ErasureScope("category", category),
                at=unlawful.at,
                cause="withdrawal",
            )
