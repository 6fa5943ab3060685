"""Loads a backup within a write, or the database itself again, without what nobody can open.

The second is for a database that came back by other means than ``assistant restore``: what it holds
under keys that were destroyed since goes the same way as there.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from assistant.bootstrap.stores import Stores
from assistant.core.errors import InvalidInput
from assistant.store import dump, emptying, schema
from assistant.store.backup_file import BackupReader, BackupWriter, Manifest
from assistant.store.engine import Connection
from assistant.store.loading import Loaded, TableLoader
from assistant.store.lost_content import KeyProbe
from assistant.store.upgrading import upgrade_with

_ASIDE: Final = "database-being-reloaded"


def load_backup(
    connection: Connection, stores: Stores, backup: BackupReader, on_row: Callable[[], None]
) -> Loaded:
    """Put a verified backup in place of all tables, in their newest form.

    Raises:
        InvalidInput: the backup does not hold what its manifest promises.
    """
    emptying.drop_tables(connection)
    schema.upgrade(connection, to=backup.manifest.revision)
    loader = TableLoader(connection, probe=KeyProbe(stores.vault))
    for part in backup.manifest.parts:
        loader.load(part.table, part.columns, backup.rows(part), on_row)
    loaded = loader.finish()
    _check_counts(backup.manifest, loaded)
    upgrade_with(connection, stores.vault)
    return loaded


def reload_database(connection: Connection, stores: Stores, folder: Path) -> Loaded:
    """Load everything again that can be opened; ``folder`` has room for a copy, still sealed."""
    aside = folder / _ASIDE
    aside.unlink(missing_ok=True)
    try:
        with BackupWriter(aside) as writer:
            for table in dump.dump_tables(connection, dump.main_tables()):
                writer.add_part(table.name, table.columns, table.rows, lambda: None)
            writer.finish(
                kind="data",
                made_at="",
                keep_until="",
                revision=schema.newest_revision(),
                key_check="",
            )
        with BackupReader(aside) as backup:
            return load_backup(connection, stores, backup, lambda: None)
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()


def _check_counts(manifest: Manifest, loaded: Loaded) -> None:
    """See that every row of the backup was put back or left out for a reason."""
    for part in manifest.parts:
        found = loaded.stored[part.table] + loaded.left_out[part.table]
        if found != part.rows:
            raise InvalidInput(
                f"table {part.table}: {part.rows:,} rows were promised, not {found:,}"
            )
