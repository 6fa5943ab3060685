"""A check of what customers confirmed: that each fact holds the very words of its confirmation."""

from collections.abc import Iterator
from contextlib import ExitStack

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.bootstrap.stores import read_ring
from assistant.cli.check_stores import is_missing_file
from assistant.cli.findings import Finding
from assistant.settings import Settings
from assistant.store.engine import Database
from assistant.store.facts import AuditedFact, FactRepository
from assistant.vault.vault import Vault

_SHOWN = 20


def check_facts(settings: Settings) -> Iterator[Finding]:
    """Open every fact and compare it with the tag of its confirmation; shows none of its words."""
    url, keys_url = settings.resolved_database_url(), settings.resolved_keys_url()
    if is_missing_file(url) or is_missing_file(keys_url):
        return
    with ExitStack() as opened:
        database = Database.open(url, pool_size=1)
        opened.callback(database.close_now)
        if database.pending_migrations():
            return
        keys = SqlKeyStore.open(keys_url)
        opened.callback(keys.close)
        facts = FactRepository(vault=Vault.unlock(keys, read_ring(settings)))
        number, unsound = database.read_now(lambda c: _count(facts.audit_facts(c)))
    for customer_id, fact_id in unsound[:_SHOWN]:
        place = f"customer {customer_id}, fact {fact_id}"
        yield Finding("error", "facts", f"{place}: its words are not those that were confirmed")
    if len(unsound) > _SHOWN:
        yield Finding("error", "facts", f"and {len(unsound) - _SHOWN} more such facts")
    if not unsound:
        yield Finding("ok", "facts", f"{number:,} facts are as they were confirmed")


def _count(audited: Iterator[AuditedFact]) -> tuple[int, list[tuple[str, str]]]:
    """Return how many facts there are, and which of them are not sound."""
    number, unsound = 0, []
    for fact in audited:
        number += 1
        if not fact.sound:
            unsound.append((fact.customer_id, fact.fact_id))
    return number, unsound
