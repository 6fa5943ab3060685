"""The key database behind the vault: SQLite by default, even beside PostgreSQL.

The SQL lives in ``store.wrapped_keys``; here is only the port, on a database of its own.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Self

from assistant.store.engine import Database
from assistant.store.key_tables import create_key_tables
from assistant.store.wrapped_keys import WrappedKeyRepository
from assistant.vault.key_store import NumberedKeys, WrappedKey


class SqlKeyStore:
    """Fulfils ``vault.key_store.KeyStore``; blocks its caller, which is a thread of the store."""

    def __init__(self, *, database: Database) -> None:
        self._database = database
        self._keys = WrappedKeyRepository()

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the key database of ``url``, making its tables when it is new."""
        database = Database.open(url, pool_size=2)
        try:
            database.write_now(create_key_tables)
        except BaseException:
            database.close_now()
            raise
        return cls(database=database)

    def close(self) -> None:
        """Close the key database."""
        self._database.close_now()

    def find_keys(self, customer_id: str) -> NumberedKeys:
        """Return a customer's wrapped keys by number."""
        return self._database.read_now(lambda c: self._keys.find_keys(c, customer_id))

    def add_keys(self, keys: Mapping[str, NumberedKeys]) -> None:
        """Keep first keys of customers that have none."""
        self._database.write_now(lambda c: self._keys.add_keys(c, keys))

    def add_data_key(self, customer_id: str, key: WrappedKey, *, hashing: WrappedKey) -> int | None:
        """Keep a data key under the customer's next number."""
        return self._database.write_now(
            lambda c: self._keys.add_data_key(c, customer_id, key, hashing=hashing)
        )

    def destroy_keys(self, customer_ids: Collection[str]) -> None:
        """Delete every key of these customers."""
        self._database.write_now(lambda c: self._keys.destroy_keys(c, customer_ids))

    def destroy_data_keys(self, customer_id: str, *, below: int) -> None:
        """Delete the customer's earlier data keys."""
        self._database.write_now(
            lambda c: self._keys.destroy_data_keys(c, customer_id, below=below)
        )

    def find_service_key(self, name: str) -> WrappedKey | None:
        """Return the service's wrapped key of this name."""
        return self._database.read_now(lambda c: self._keys.find_service_key(c, name))

    def add_service_key(self, name: str, key: WrappedKey) -> WrappedKey:
        """Keep a service key unless there is one; return the one that is kept."""
        return self._database.write_now(lambda c: self._keys.add_service_key(c, name, key))

    def latest_epoch(self) -> int | None:
        """Return the epoch that keys are wrapped under."""
        return self._database.read_now(self._keys.latest_epoch)

    def find_check(self, epoch: int) -> bytes | None:
        """Return the check value of an epoch."""
        return self._database.read_now(lambda c: self._keys.find_check(c, epoch))

    def add_epoch(self, epoch: int, check: bytes) -> None:
        """Keep an epoch unless it is known."""
        self._database.write_now(lambda c: self._keys.add_epoch(c, epoch, check))

    def destroyed_keys(self, epoch: int) -> int:
        """Return how many keys of customers were destroyed under an epoch."""
        return self._database.read_now(lambda c: self._keys.destroyed_keys(c, epoch))

    def mark_alone(self, epoch: int) -> None:
        """Note that no earlier epoch is left anywhere."""
        self._database.write_now(lambda c: self._keys.mark_alone(c, epoch))

    def is_alone(self, epoch: int) -> bool:
        """Whether no earlier epoch is left anywhere."""
        return self._database.read_now(lambda c: self._keys.is_alone(c, epoch))

    def rewrap(self, *, old: int, new: int, check: bytes, convert: Callable[[bytes], bytes]) -> int:
        """Rewrap all keys of epoch ``old`` in one transaction."""
        return self._database.write_now(
            lambda c: self._keys.rewrap(c, old=old, new=new, check=check, convert=convert)
        )

    def checkpoint(self, patience_s: float = 2.0) -> bool:
        """Bring deleted keys out of SQLite's write-ahead log; False when readers held on."""
        return self._database.checkpoint_now(patience_s)
