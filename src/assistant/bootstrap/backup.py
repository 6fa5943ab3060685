"""Writes backups: of the database while it is served, and, apart from it, of the key database.

A backup of the database holds sealed content and no key; a backup of the key database holds wrapped
keys and no content. Neither holds the erasure ledger, which must outlive them both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.bootstrap.stores import LOST_KEYS, holds_keys, is_missing_file, read_ring
from assistant.core.clock import to_rfc3339
from assistant.core.errors import ConfigurationError
from assistant.profile.erasure.ledger import LedgerHashes
from assistant.settings import Settings
from assistant.store import dump, schema
from assistant.store.backup_file import BackupKind, BackupWriter, Manifest
from assistant.store.engine import Connection, Database
from assistant.vault.vault import Vault

Progress = Callable[[int, int], None]
"""Told how many rows of how many are done."""


_STEP: Final = 256


@dataclass(frozen=True, slots=True)
class _Vouching:
    """What a manifest says beside the parts."""

    kind: BackupKind
    made_at: datetime
    kept_for: timedelta
    revision: str
    key_check: str


def back_up_data(settings: Settings, path: Path, *, now: datetime, progress: Progress) -> Manifest:
    """Write every row of the database, of one moment, to ``path``.

    Raises:
        InvalidInput: there is such a file already.
        ConfigurationError: there is no database, or one of another form than this version needs;
            or its key database is missing.
    """
    if is_missing_file(settings.resolved_database_url()):
        raise ConfigurationError("there is no database to back up yet; `assistant serve` makes it")
    vouching = _Vouching(
        kind="data",
        made_at=now,
        kept_for=timedelta(days=settings.backup_days),
        revision=schema.newest_revision(),
        key_check=_key_check(settings),
    )
    database = Database.open(settings.resolved_database_url(), pool_size=1)
    try:
        if database.pending_migrations():
            raise ConfigurationError(
                "the tables are not those of this version of the service; start it once, or use "
                "the version that serves"
            )
        return database.read_now(lambda c: _write(c, dump.main_tables(), path, vouching, progress))
    finally:
        database.close_now()


def back_up_keys(settings: Settings, path: Path, *, now: datetime, progress: Progress) -> Manifest:
    """Write every wrapped key, of one moment, to ``path``.

    Raises:
        InvalidInput: there is such a file already.
        ConfigurationError: there is no key database.
    """
    vouching = _Vouching(
        kind="keys",
        made_at=now,
        kept_for=timedelta(hours=settings.key_backup_hours),
        revision=str(dump.KEY_VERSION),
        key_check=_key_check(settings),
    )
    database = Database.open(settings.resolved_keys_url(), pool_size=1)
    try:
        return database.read_now(lambda c: _write(c, dump.key_tables(), path, vouching, progress))
    finally:
        database.close_now()


def _key_check(settings: Settings) -> str:
    """Return by what a backup recognises its key database, seeing that its key is at hand.

    Raises:
        ConfigurationError: there is no key database; a backup that names none opens nowhere.
    """
    ring = read_ring(settings)
    if not holds_keys(settings):
        raise ConfigurationError(LOST_KEYS)
    keys = SqlKeyStore.open(settings.resolved_keys_url())
    try:
        return LedgerHashes(Vault.unlock(keys, ring)).check().hex()
    finally:
        keys.close()


def _write(
    connection: Connection,
    tables: dump.Tables,
    path: Path,
    vouching: _Vouching,
    progress: Progress,
) -> Manifest:
    done, total = 0, dump.count_rows(connection, tables)

    def count() -> None:
        nonlocal done
        done += 1
        if done % _STEP == 0 or done == total:
            progress(done, total)

    with BackupWriter(path) as writer:
        for table in dump.dump_tables(connection, tables):
            writer.add_part(table.name, table.columns, table.rows, count)
        return writer.finish(
            kind=vouching.kind,
            made_at=to_rfc3339(vouching.made_at),
            keep_until=to_rfc3339(vouching.made_at + vouching.kept_for),
            revision=vouching.revision,
            key_check=vouching.key_check,
        )
