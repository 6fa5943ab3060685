"""Checks of what customers agreed to: the published purposes and the chains of their decisions."""

from collections.abc import Iterator
from contextlib import ExitStack

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.bootstrap.stores import read_ring
from assistant.cli.check_stores import is_missing_file
from assistant.cli.findings import Finding
from assistant.profile.pack import load_pack
from assistant.profile.published_purposes import find_conflicts
from assistant.settings import Settings
from assistant.store.consent_audit import ChainAudit
from assistant.store.engine import Database
from assistant.store.published_purposes import PublishedPurposeRepository
from assistant.vault.vault import Vault

_SHOWN = 20


def check_published(settings: Settings) -> Iterator[Finding]:
    """Compare the pack's purposes with what was published under the same versions."""
    with ExitStack() as opened:
        database = _open_database(settings, opened)
        if database is None:
            return
        pack = load_pack(settings.knowledge)
        published = database.read_now(PublishedPurposeRepository().list_published)
    conflicts = find_conflicts(pack, published)
    for conflict in conflicts:
        yield Finding("error", "purposes", conflict.message)
    if not conflicts:
        texts = f"{len(published)} published texts"
        yield Finding("ok", "purposes", f"{texts}, and the pack says the same under each version")


def check_consents(settings: Settings) -> Iterator[Finding]:
    """Read the chain of every customer's decisions from end to end."""
    with ExitStack() as opened:
        database = _open_database(settings, opened)
        if database is None or is_missing_file(settings.resolved_keys_url()):
            return
        keys = SqlKeyStore.open(settings.resolved_keys_url())
        opened.callback(keys.close)
        audit = ChainAudit(Vault.unlock(keys, read_ring(settings)))
        broken = 0
        for chain in audit.find_broken(database.read_now):
            broken += 1
            if broken <= _SHOWN:
                place = f"customer {chain.customer_id}, entry {chain.seq}"
                yield Finding("error", "consents", f"{place}: {chain.problem}")
        if broken > _SHOWN:
            yield Finding("error", "consents", f"and {broken - _SHOWN} more broken chains")
        if not broken:
            whole = f"{audit.customers:,} chains of {audit.entries:,} decisions are whole"
            yield Finding("ok", "consents", whole)


def _open_database(settings: Settings, opened: ExitStack) -> Database | None:
    """Open the database, None where there is none yet or its tables are behind."""
    url = settings.resolved_database_url()
    if is_missing_file(url):
        return None
    database = Database.open(url, pool_size=1)
    opened.callback(database.close_now)
    return None if database.pending_migrations() else database
