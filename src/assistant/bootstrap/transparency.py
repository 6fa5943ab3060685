"""Joins what tells customers about their own data."""

from collections import OrderedDict
from threading import Lock

from assistant.bootstrap.assembly import Assistant
from assistant.profile.transparency.export import DataExport
from assistant.profile.transparency.own_data import Transparency
from assistant.profile.transparency.standing import Deployment, Embedded
from assistant.profile.transparency.words import load_transparency_words
from assistant.retrieval.history_block import unpack_history
from assistant.store.engine import Connection
from assistant.store.history_blocks import HistoryBlockRepository
from assistant.store.own_rows import OwnRows

_REMEMBERED = 8
"""Blocks whose ids (nothing else) stay in memory."""


class EmbeddedHistory:
    """Finds which of a customer's events have a vector.

    Remembers the ids of the blocks that were looked at last, so that paging through a long history
    opens its block once.
    """

    def __init__(self, *, blocks: HistoryBlockRepository) -> None:
        self._blocks = blocks
        self._known: OrderedDict[tuple[str, int], Embedded] = OrderedDict()
        self._lock = Lock()

    def find(self, connection: Connection, customer_id: str) -> Embedded | None:
        """Return what the customer's block holds, None where there is none."""
        version = self._blocks.find_version(connection, customer_id)
        if version is None:
            return None
        with self._lock:
            known = self._known.get((customer_id, version))
        return known or self._open(connection, customer_id)

    def _open(self, connection: Connection, customer_id: str) -> Embedded | None:
        stored = self._blocks.find_block(connection, customer_id)
        if stored is None:
            return None
        block = unpack_history(stored.packed)
        found = Embedded(block.embedder, block.quantised.shape[1], block.event_ids())
        with self._lock:
            self._known[customer_id, stored.version] = found
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found


def open_transparency(assistant: Assistant) -> Transparency:
    """Return what tells a customer everything that is stored of them."""
    stores = assistant.stores
    return Transparency(
        pack=assistant.pack,
        rows=OwnRows(vault=stores.vault),
        ledger=assistant.ledger,
        consents=stores.consents,
        uses=stores.uses,
        words=load_transparency_words(),
        find_embedded=EmbeddedHistory(blocks=stores.blocks).find,
        deployment=Deployment(stores.database.dialect, assistant.settings.region),
    )


def open_export(assistant: Assistant, transparency: Transparency) -> DataExport:
    """Return what writes everything stored of a customer into an archive."""
    return DataExport(
        transparency=transparency,
        receipts=assistant.receipts,
        access_log=assistant.stores.access_log,
    )
