"""Checks of the erasure ledger: is it whole, and does the database fit it?"""

from collections.abc import Iterator
from contextlib import ExitStack

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.bootstrap.catching_up import count_entries, explain
from assistant.bootstrap.stores import holds_keys, is_missing_file, open_ledger, read_ring
from assistant.cli.findings import Finding
from assistant.profile.erasure.ledger import ErasureLedger
from assistant.profile.erasure.ledger_standing import LedgerStanding, LedgerState, find_standing
from assistant.settings import Settings
from assistant.store.engine import Database
from assistant.store.ledger_marks import LedgerMarkRepository
from assistant.vault.vault import Vault

_SUBJECT = "ledger"


def check_ledger(settings: Settings) -> Iterator[Finding]:
    """Walk the chain of the ledger and compare it with what the database remembers."""
    if is_missing_file(settings.resolved_database_url()):
        yield Finding("ok", _SUBJECT, "is made with the databases, at first start")
        return
    if not holds_keys(settings):
        return
    with ExitStack() as opened:
        database = Database.open(settings.resolved_database_url(), pool_size=1)
        opened.callback(database.close_now)
        if database.pending_migrations():
            return
        if is_missing_file(settings.resolved_ledger_url()):
            yield _look_at_nothing(database)
            return
        keys = SqlKeyStore.open(settings.resolved_keys_url())
        opened.callback(keys.close)
        ledger = open_ledger(settings, Vault.unlock(keys, read_ring(settings)))
        opened.callback(ledger.close)
        yield from _look_at(database, ledger)


def _look_at_nothing(database: Database) -> Finding:
    """Judge a ledger that is not there, without making one."""
    extent = database.read_now(LedgerMarkRepository().find_extent)
    if extent is None:
        return Finding("ok", _SUBJECT, "is made at first start")
    lost = LedgerStanding(LedgerState.LOST, extent.last)
    return Finding("error", _SUBJECT, explain(lost))


def _look_at(database: Database, ledger: ErasureLedger) -> Iterator[Finding]:
    broken = ledger.find_break()
    if broken is not None:
        yield Finding(
            "error",
            _SUBJECT,
            f"entry {broken:,} does not fit the chain: it was changed, or the one before it is "
            "missing; put the ledger's own copy back",
        )
    standing = database.read_now(lambda c: find_standing(c, ledger, LedgerMarkRepository()))
    if standing.state in {LedgerState.LOST, LedgerState.TOO_OLD}:
        yield Finding("error", _SUBJECT, explain(standing))
    elif standing.state is LedgerState.BEHIND:
        yield Finding(
            "warning",
            _SUBJECT,
            f"{count_entries(standing.missing)} not carried out in this database, which was "
            "restored or interrupted; `assistant serve` replays what is missing first",
        )
    elif broken is None:
        reach = ledger.reach()
        kept = reach.last.seq - reach.purged.seq
        yield Finding("ok", _SUBJECT, f"{count_entries(kept)}, the chain is whole")
