"""Checks of what customers agreed to: the published purposes and the chains of their decisions."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.bootstrap.operator_log import operator
from assistant.bootstrap.stores import holds_keys, is_missing_file, read_ring
from assistant.cli.check_noes import find_undone_noes
from assistant.cli.findings import Finding
from assistant.core.clock import system_clock, to_rfc3339
from assistant.profile.consent.published_purposes import find_conflicts, find_unknown
from assistant.profile.erasure.ledger_noes import UndoneNo
from assistant.profile.pack.loading import load_pack
from assistant.profile.questions.integrity_check import is_there, note_check
from assistant.settings import Settings
from assistant.store.consent_audit import BrokenChain, ChainAudit
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
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
    unknown = find_unknown(pack, published)
    for text in unknown:
        yield Finding("error", "purposes", text.message)
    if not conflicts and not unknown:
        texts = f"{len(published)} published texts"
        yield Finding("ok", "purposes", f"{texts}, and the pack says the same under each version")


def check_consents(settings: Settings) -> Iterator[Finding]:
    """Read the chain of every customer's decisions from end to end.

    Nothing is opened: entries are hashed as they are stored, and nobody sees them. Whoever is named
    to the operator has that in their access log first.
    """
    with ExitStack() as opened:
        database = _open_database(settings, opened)
        if database is None or not holds_keys(settings):
            return
        keys = SqlKeyStore.open(settings.resolved_keys_url())
        opened.callback(keys.close)
        vault = Vault.unlock(keys, read_ring(settings))
        audit = ChainAudit(vault)
        broken = [_say_broken(chain) for chain in audit.find_broken(database.read_now)]
        undone = [_say_undone(no) for no in find_undone_noes(settings, database, vault)]
        named, customers = [*broken[:_SHOWN], *undone[:_SHOWN]], CustomerRepository(vault=vault)
        database.write_now(lambda c: _note_named(c, {of for of, _ in named}, customers))
        for _, text in named:
            yield Finding("error", "consents", text)
        for more, what in ((len(broken), "broken chains"), (len(undone), "noes that were undone")):
            if more > _SHOWN:
                yield Finding("error", "consents", f"and {more - _SHOWN} more {what}")
        if not named:
            whole = f"{audit.customers:,} chains of {audit.entries:,} decisions are whole"
            yield Finding("ok", "consents", whole)


def _say_broken(chain: BrokenChain) -> tuple[str, str]:
    place = f"customer {chain.customer_id}, entry {chain.seq}"
    return chain.customer_id, f"{place}: {chain.problem}"


def _say_undone(no: UndoneNo) -> tuple[str, str]:
    said = f"customer {no.customer_id}: the no to {no.purpose!r} of {to_rfc3339(no.at)}"
    return no.customer_id, (
        f"{said} is in the erasure ledger and not among their decisions: these were put back to an "
        "earlier state"
    )


def _note_named(
    connection: Connection, named: Collection[str], customers: CustomerRepository
) -> None:
    """Write into the access log of each customer that their chain is named to the operator."""
    for customer_id in sorted(named):
        if is_there(customers, connection, customer_id):
            note_check(
                connection,
                customer_id,
                {"consent"},
                1,
                actor=operator(),
                at=system_clock(),
            )


def _open_database(settings: Settings, opened: ExitStack) -> Database | None:
    """Open the database, None where there is none yet or its tables are behind."""
    url = settings.resolved_database_url()
    if is_missing_file(url):
        return None
    database = Database.open(url, pool_size=1)
    opened.callback(database.close_now)
    return None if database.pending_migrations() else database
