"""Checks of what lies on disk or in a database: keys, tables, the knowledge index."""

from collections.abc import Iterator

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.bootstrap.stores import holds_keys, is_missing_file, read_ring, refuse_lost_keys
from assistant.cli.findings import Finding
from assistant.retrieval.generations import Generations
from assistant.settings import Settings
from assistant.store.engine import Database
from assistant.vault.vault import Vault


def check_keys(settings: Settings) -> Iterator[Finding]:
    """Read the key-encryption key and see that it is the one of this key database."""
    ring = read_ring(settings)
    refuse_lost_keys(settings)
    if not holds_keys(settings):
        yield Finding("ok", "keys", f"{ring.origin}; the key database is made at first start")
        return
    store = SqlKeyStore.open(settings.resolved_keys_url())
    try:
        Vault.unlock(store, ring)
    finally:
        store.close()
    yield Finding("ok", "keys", f"{ring.origin} opens the key database")


def check_database(settings: Settings) -> Iterator[Finding]:
    """Reach the database and compare its tables with what this version needs."""
    url = settings.resolved_database_url()
    if is_missing_file(url):
        yield Finding("warning", "database", "is not there yet; `assistant serve` makes it")
        return
    database = Database.open(url, pool_size=1)
    try:
        behind = database.pending_migrations()
    finally:
        database.close_now()
    if behind:
        yield Finding("warning", "database", "tables are behind; `assistant serve` migrates them")
    else:
        yield Finding("ok", "database", f"{database.dialect}, tables are current")


def check_index(settings: Settings) -> Iterator[Finding]:
    """Compare every file of the knowledge index with its checksum."""
    generations = Generations(folder=settings.data_dir / "index")
    pointers = generations.read_pointers()
    if not pointers:
        yield Finding("warning", "index", "is not built yet; `assistant index` builds it")
        return
    manifest = generations.verify(pointers[0])
    yield Finding("ok", "index", f"sound, built with {manifest.embedder}")
