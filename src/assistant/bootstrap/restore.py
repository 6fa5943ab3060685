"""Restores a backup, and brings it to what the erasure ledger says before anything is returned.

Everything that can be wrong with a backup is found before the database is touched. Rows are loaded,
and the ledger is replayed, in one transaction: what fails leaves the database as it was, and nobody
ever sees restored rows of somebody who was erased since.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from assistant.bootstrap.catching_up import CatchingUp
from assistant.bootstrap.reloading import load_backup
from assistant.bootstrap.restore_keys import RestoredKeys, restore_keys
from assistant.bootstrap.stores import Stores, holds_keys
from assistant.core.clock import Clock, system_clock
from assistant.core.errors import ConfigurationError, InvalidInput, NotFound
from assistant.profile.erasure.ledger import LedgerHashes
from assistant.profile.erasure.ledger_replay import Replayed
from assistant.profile.pack.loading import load_pack
from assistant.settings import Settings
from assistant.store import emptying, schema
from assistant.store.backup_file import BackupKind, BackupReader
from assistant.store.engine import Connection, Database
from assistant.store.loading import Loaded
from assistant.store.reseal import CustomerReseal

_STEP: Final = 256
_OTHER_KIND: Final[Mapping[BackupKind, str]] = {
    "data": "is a backup of the keys: give it with --keys",
    "keys": "is a backup of the database, which holds no keys: give it without --keys",
}


class Progress(Protocol):
    """Shows how far a step of the restore is."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are done of the step with this name."""
        ...


@dataclass(frozen=True, slots=True)
class RestoreOptions:
    """What the operator allows.

    ``replace``: what the database holds goes. ``accept_lost_ledger``: go on where nobody can say
    who was erased.
    """

    replace: bool = False
    accept_lost_ledger: bool = False


@dataclass(slots=True)
class Restored:
    """What was done."""

    made_at: str | None = None
    loaded: Loaded = field(default_factory=Loaded)
    keys: RestoredKeys | None = None
    replayed: Replayed = field(default_factory=Replayed)

    @property
    def left_out(self) -> Counter[str]:
        """Rows by table that were not put back, because nobody can open them any more."""
        return self.loaded.left_out


def restore(
    settings: Settings,
    data: Path | None,
    keys: Path | None,
    *,
    options: RestoreOptions,
    progress: Progress,
    clock: Clock = system_clock,
) -> Restored:
    """Restore the backup ``data`` of the database, and before it ``keys`` of the key database.

    Raises:
        InvalidInput: a file is no backup, is damaged, or holds the other kind.
        ConfigurationError: the database is in use, or holds something and may not be replaced; the
            keys do not fit; the ledger lacks what is needed.
    """
    restored = Restored()
    with ExitStack() as opened:
        data_backup, keys_backup = _opened(data, "data", opened), _opened(keys, "keys", opened)
        if data_backup:
            _refuse_without_keys(settings, keys_backup)
        for backup in filter(None, (data_backup, keys_backup)):
            _verify(backup, progress)
        if data_backup:
            _refuse_in_use(settings, replace=options.replace)
            restored.made_at = data_backup.manifest.made_at
        if keys_backup:
            count = _counter(progress, "keys", keys_backup.manifest.rows)
            restored.keys = restore_keys(settings, keys_backup, count)
        stores = Stores.open(settings)
        opened.callback(stores.close)
        pack = load_pack(settings.knowledge)
        catching_up = CatchingUp.over(stores, pack=pack, settings=settings, clock=clock)
        if data_backup:
            _restore_data(catching_up, data_backup, options, progress, restored)
        else:
            replayed = catching_up.run(accept_lost_ledger=options.accept_lost_ledger)
            restored.replayed = replayed or Replayed()
        if restored.keys:
            _renew_data_keys(stores, restored.keys.outlived)
        stores.database.checkpoint_now()
        stores.keys.checkpoint()
    return restored


def _opened(path: Path | None, kind: BackupKind, opened: ExitStack) -> BackupReader | None:
    """Open a backup and see that it is of the kind and of this service."""
    if path is None:
        return None
    backup = opened.enter_context(BackupReader(path))
    if backup.manifest.kind != kind:
        raise InvalidInput(f"{str(path)!r} {_OTHER_KIND[kind]}")
    if kind == "data" and not schema.knows(backup.manifest.revision):
        raise InvalidInput(
            f"{str(path)!r} was made by a later version of the service (tables of form "
            f"{backup.manifest.revision!r}); restore it with that version"
        )
    return backup


def _verify(backup: BackupReader, progress: Progress) -> None:
    """Compare all of a backup with its manifest."""
    size = sum(part.size for part in backup.manifest.parts)
    backup.verify(lambda done: progress(f"verifying {backup.path.name}, bytes", done, size))


def _refuse_without_keys(settings: Settings, keys_backup: BackupReader | None) -> None:
    """See that no new key database would be made, which could open nothing of the backup."""
    if keys_backup is None and not holds_keys(settings):
        raise ConfigurationError(
            "there is no key database, so nobody could open what is in the backup: put it back "
            "where it was (ASSISTANT_KEYS_URL), or name its backup with --keys FILE"
        )


def _refuse_in_use(settings: Settings, *, replace: bool) -> None:
    """See that nobody uses the database, and that it is empty or may be replaced."""
    url = settings.resolved_database_url()
    emptying.refuse_sqlite_in_use(url)
    database = Database.open(url, pool_size=1)
    try:
        database.write_now(emptying.refuse_postgresql_in_use)
        if database.write_now(emptying.holds_customers) and not replace:
            raise ConfigurationError(
                "the database holds customers: --replace takes them away and puts the backup in "
                "their place, or name an empty database with --database"
            )
    finally:
        database.close_now()


def _restore_data(
    catching_up: CatchingUp,
    backup: BackupReader,
    options: RestoreOptions,
    progress: Progress,
    restored: Restored,
) -> None:
    stores = catching_up.stores
    if LedgerHashes(stores.vault).check().hex() != backup.manifest.key_check:
        raise ConfigurationError(
            "the backup belongs to another key database, so nobody could open what is in it; name "
            "the right one with ASSISTANT_KEYS_URL, or restore its keys with --keys FILE"
        )

    count = _counter(progress, "rows", backup.manifest.rows)

    def work(connection: Connection) -> tuple[Loaded, Replayed]:
        accept = options.accept_lost_ledger
        if not accept:
            catching_up.refuse_lost_ledger(connection)
        loaded = load_backup(connection, stores, backup, count)
        return loaded, catching_up.replay(connection, accept_lost_ledger=accept)

    restored.loaded, restored.replayed = stores.database.write_now(work)
    stores.vault.forget_all()
    catching_up.finish_erasures()


def _renew_data_keys(stores: Stores, customer_ids: set[str]) -> None:
    """Destroy again the data keys of customers who erased a part after the keys were backed up."""
    reseal = CustomerReseal(vault=stores.vault)
    for customer_id in sorted(customer_ids):
        number = stores.vault.add_data_key(customer_id)
        with suppress(NotFound):  # a key without a customer
            _reseal(stores, reseal, customer_id)
        stores.vault.destroy_data_keys(customer_id, below=number)


def _reseal(stores: Stores, reseal: CustomerReseal, customer_id: str) -> None:
    stores.database.write_now(lambda c: reseal.move_fence(c, customer_id))
    while stores.database.write_now(lambda c: reseal.step(c, customer_id)):
        pass


def _counter(progress: Progress, step: str, total: int) -> Callable[[], None]:
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done % _STEP == 0 or done == total:
            progress(step, done, total)

    return count
