"""A check of what customers confirmed: that each fact holds the very words of its confirmation."""

from collections.abc import Iterator
from contextlib import ExitStack

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.bootstrap.operator_log import operator
from assistant.bootstrap.stores import holds_keys, is_missing_file, read_ring
from assistant.cli.findings import Finding
from assistant.core.clock import system_clock
from assistant.profile.questions.integrity_check import FactCheck
from assistant.settings import Settings
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.store.facts import FactRepository
from assistant.vault.vault import Vault

_SHOWN = 20


def check_facts(settings: Settings) -> Iterator[Finding]:
    """Verify every fact against the tag of its confirmation; shows none of its words.

    It stands in the access log of each customer whose facts are opened before anything is yielded.
    """
    url, keys_url = settings.resolved_database_url(), settings.resolved_keys_url()
    if is_missing_file(url) or not holds_keys(settings):
        return
    with ExitStack() as opened:
        database = Database.open(url, pool_size=1)
        opened.callback(database.close_now)
        if database.pending_migrations():
            return
        keys = SqlKeyStore.open(keys_url)
        opened.callback(keys.close)
        vault = Vault.unlock(keys, read_ring(settings))
        check = FactCheck(
            facts=FactRepository(vault=vault), customers=CustomerRepository(vault=vault)
        )
        found = check.run(database.write_now, actor=operator(), at=system_clock())
    for fact in found.unsound[:_SHOWN]:
        place = f"customer {fact.customer_id}, fact {fact.fact_id}"
        yield Finding("error", "facts", f"{place}: its words are not those that were confirmed")
    if len(found.unsound) > _SHOWN:
        yield Finding("error", "facts", f"and {len(found.unsound) - _SHOWN} more such facts")
    if not found.unsound:
        yield Finding("ok", "facts", f"{found.facts:,} facts are as they were confirmed")
