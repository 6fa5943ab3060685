"""Consent receipts over HTTP: the profile's receipts behind the port ``OwnReceipts``."""

from collections.abc import Sequence

from assistant.core.actor import CustomerActor
from assistant.core.errors import NotFound
from assistant.profile.receipts.issuing import Receipt, Receipts, ReceiptSummary
from assistant.store.engine import Database


class StoreReceipts:
    """Reads and signs an actor's own receipts; signing runs on the store's reading threads."""

    def __init__(self, *, database: Database, receipts: Receipts) -> None:
        """Take the parts of profile and store."""
        self._database = database
        self._receipts = receipts

    async def list_summaries(
        self, actor: CustomerActor, *, after: str | None, limit: int
    ) -> Sequence[ReceiptSummary]:
        """Return a page of what the actor decided, newest first."""
        return await self._database.read(
            lambda connection: self._receipts.list_summaries(
                connection, actor.customer_id, after=after, limit=limit
            )
        )

    async def get(self, actor: CustomerActor, receipt_id: str) -> Receipt:
        """Return one signed receipt of the actor's own.

        Raises:
            NotFound: there is none of this id.
        """
        found = await self._database.read(
            lambda connection: self._receipts.find_receipt(
                connection, actor.customer_id, receipt_id
            )
        )
        if found is None:
            raise NotFound("there is no such receipt")
        return found
