"""Compares customers' decisions with the noes in the erasure ledger, for ``assistant check``."""

from collections.abc import Sequence
from contextlib import closing

from assistant.bootstrap.stores import is_missing_file, open_ledger
from assistant.profile.erasure.ledger import LedgerHashes
from assistant.profile.erasure.ledger_noes import LedgerNoes, UndoneNo
from assistant.profile.pack.loading import load_pack
from assistant.settings import Settings
from assistant.store.consents import ConsentRepository
from assistant.store.engine import Database
from assistant.vault.vault import Vault


def find_undone_noes(settings: Settings, database: Database, vault: Vault) -> Sequence[UndoneNo]:
    """Return the noes that the ledger holds and their customers' decisions do not."""
    if is_missing_file(settings.resolved_ledger_url()):
        return []
    with closing(open_ledger(settings, vault)) as ledger:
        noes = LedgerNoes(
            ledger=ledger,
            hashes=LedgerHashes(vault),
            consents=ConsentRepository(vault=vault),
            purposes=[purpose.id for purpose in load_pack(settings.knowledge).purposes],
        )
        return list(noes.find_undone(database.read_now))
