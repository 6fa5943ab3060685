"""Puts the wrapped keys of a backup back, but never the key of somebody who was erased.

What the key database holds now is never overwritten: a customer who has keys keeps just those, so
a data key that a partial erasure destroyed stays destroyed.
"""

import hmac
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self, cast

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.bootstrap.stores import open_ledger, read_ring
from assistant.core.errors import ConfigurationError
from assistant.profile.erasure.ledger import ErasureLedger, LedgerHashes
from assistant.settings import Settings
from assistant.store.backup_file import BackupReader, Value
from assistant.store.dump import KEY_VERSION
from assistant.vault.key_files import KeyEncryptionKey, KeyRing
from assistant.vault.key_store import EpochGone, NumberedKeys, WrappedKey
from assistant.vault.vault import Vault
from assistant.vault.wrapping import check_value

_BATCH: Final = 500
_UNDER_WAY: Final = timedelta(days=1)
"""How long before a backup an erasure may have been asked for whose key was still in it."""


@dataclass(slots=True)
class RestoredKeys:
    """How many customers' keys were put back, and how many stay destroyed.

    ``outlived`` are customers who erased a part since the backup was made: the data key that was
    destroyed for it is back for what it sealed beside, and must be replaced and destroyed again.
    Those who have just the keys of the backup are among them: a run that failed put them there.
    """

    customers: int = 0
    erased: int = 0
    outlived: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Epoch:
    number: int
    check: bytes

    def opens_with(self, ring: KeyRing) -> bool:
        """Whether ``ring`` has the key-encryption key of this epoch."""
        secret = ring.keys.get(self.number)
        return secret is not None and hmac.compare_digest(
            self.check, check_value(KeyEncryptionKey(self.number, secret))
        )


def restore_keys(
    settings: Settings, backup: BackupReader, on_row: Callable[[], None]
) -> RestoredKeys:
    """Add the keys of ``backup``, which was verified, to the key database.

    Raises:
        ConfigurationError: they belong to another key database, or were wrapped under a
            key-encryption key that was destroyed since.
        KeyUnavailable: the key-encryption key is missing or is another one.
    """
    if backup.manifest.revision != str(KEY_VERSION):
        raise ConfigurationError(
            f"the backup of the keys has form {backup.manifest.revision}, this service knows "
            f"{KEY_VERSION}; use the version of the service that made it"
        )
    with ExitStack() as opened:
        store = SqlKeyStore.open(settings.resolved_keys_url())
        opened.callback(store.close)
        ring = read_ring(settings)
        _add_service_keys(store, backup, ring)
        vault = Vault.unlock(store, ring)
        hashes = LedgerHashes(vault)
        if hashes.check().hex() != backup.manifest.key_check:
            raise ConfigurationError("the backup of the keys is damaged: its keys do not fit it")
        ledger = open_ledger(settings, vault)
        opened.callback(ledger.close)
        erased = _Erased.of(ledger, hashes, backup.manifest.made_at)
        return _add_customer_keys(store, backup, erased, on_row)


@dataclass(frozen=True, slots=True)
class _Erased:
    """Who erased everything, and who erased something after the backup was made."""

    hashes: LedgerHashes
    everything: frozenset[bytes]
    something: frozenset[bytes]

    @classmethod
    def of(cls, ledger: ErasureLedger, hashes: LedgerHashes, made_at: str) -> Self:
        since = datetime.fromisoformat(made_at) - _UNDER_WAY
        everything, something = set(), set()
        for _, entry in ledger.entries():
            if entry.kind == "everything":
                everything.add(entry.customer_hash)
            elif entry.kind != "withdrawal" and entry.at >= since:
                something.add(entry.customer_hash)
        return cls(hashes, frozenset(everything), frozenset(something))


def _add_service_keys(store: SqlKeyStore, backup: BackupReader, ring: KeyRing) -> None:
    """Make a lost key database the one of the backup; see that one that is there is the same."""
    epochs = [
        _Epoch(cast("int", row["epoch"]), cast("bytes", row["check_value"]))
        for row in _rows(backup, "key_epochs")
    ]
    if not any(epoch.opens_with(ring) for epoch in epochs):
        raise ConfigurationError(_rotated([epoch.number for epoch in epochs]))
    if store.latest_epoch() is None:
        for epoch in epochs:
            store.add_epoch(epoch.number, epoch.check)
    elif not any(store.find_check(epoch.number) == epoch.check for epoch in epochs):
        raise ConfigurationError(_rotated([epoch.number for epoch in epochs]))
    for row in _rows(backup, "service_keys"):
        name, key = cast("str", row["name"]), _key(row)
        kept = store.find_service_key(name)
        if kept is not None and kept != key:
            raise ConfigurationError(
                "the key database is another one than the backup was made of: its service keys "
                "differ; put it out of the way (and with it the databases that belong to it), or "
                "name another with ASSISTANT_KEYS_URL"
            )
        _added(lambda name=name, key=key: store.add_service_key(name, key), key)  # type: ignore[misc]  # bound now


def _add_customer_keys(
    store: SqlKeyStore,
    backup: BackupReader,
    erased: _Erased,
    on_row: Callable[[], None],
) -> RestoredKeys:
    restored = RestoredKeys()
    batch: dict[str, NumberedKeys] = {}
    for customer_id, keys in _keys_by_customer(backup, on_row):
        hashed = erased.hashes.customer(customer_id)
        if hashed in erased.everything:
            restored.erased += 1
            continue
        if hashed in erased.something and store.find_keys(customer_id) in ({}, keys):
            restored.outlived.add(customer_id)
        batch[customer_id] = keys
        restored.customers += 1
        if len(batch) >= _BATCH:
            _add(store, batch)
            batch = {}
    _add(store, batch)
    return restored


def _add(store: SqlKeyStore, batch: Mapping[str, NumberedKeys]) -> None:
    if batch:
        newest = max(
            (key for keys in batch.values() for key in keys.values()), key=lambda key: key.epoch
        )
        _added(lambda: store.add_keys(batch), newest)


def _added(add: Callable[[], object], key: WrappedKey) -> None:
    try:
        add()
    except EpochGone as error:
        raise ConfigurationError(_rotated([key.epoch])) from error


def _rotated(epochs: list[int]) -> str:
    named = ", ".join(str(epoch) for epoch in epochs)
    return (
        f"the keys of the backup are wrapped under epoch {named} of the key-encryption key, which "
        "is not here: after `assistant rotate-keys` it is destroyed, and nobody can use them any "
        "more; otherwise put back the key file that belongs to them"
    )


def _keys_by_customer(
    backup: BackupReader, on_row: Callable[[], None]
) -> Iterator[tuple[str, NumberedKeys]]:
    """Yield each customer's keys; the rows come by customer."""
    found: defaultdict[str, dict[int, WrappedKey]] = defaultdict(dict)
    for row in _rows(backup, "wrapped_keys"):
        on_row()
        customer_id = cast("str", row["customer_id"])
        if found and customer_id not in found:
            yield found.popitem()
        found[customer_id][cast("int", row["number"])] = _key(row)
    if found:
        yield found.popitem()


def _key(row: Mapping[str, Value]) -> WrappedKey:
    return WrappedKey(cast("int", row["epoch"]), cast("bytes", row["wrapped"]))


def _rows(backup: BackupReader, table: str) -> Iterator[Mapping[str, Value]]:
    for part in backup.manifest.parts:
        if part.table == table:
            for values in backup.rows(part):
                yield dict(zip(part.columns, values, strict=True))
