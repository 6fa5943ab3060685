"""A key file with the key database that belongs to it, to be rotated."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.vault.key_files import read_key_file
from assistant.vault.rotation import Step, rotate_key_file
from assistant.vault.vault import Vault

CUSTOMERS = [f"customer-{n}" for n in range(9)]


@dataclass
class KeyHome:
    """A key file and the key database that belongs to it."""

    path: Path
    url: str

    def open(self) -> SqlKeyStore:
        return SqlKeyStore.open(self.url)

    def vault(self, store: SqlKeyStore) -> Vault:
        return Vault.unlock(
            store, read_key_file(self.path), reread=lambda: read_key_file(self.path)
        )

    def epochs(self) -> list[int]:
        return sorted(read_key_file(self.path).keys)


def opens(home: KeyHome, sealed: dict[str, bytes]) -> bool:
    """Whether a service that starts now opens everything."""
    store = home.open()
    vault = home.vault(store)
    contents = [vault.open(one, "turns", "t", sealed[one]) for one in CUSTOMERS]
    same = vault.service_hash("visitors", b"a") == sealed["service"]
    store.close()
    return same and contents == [one.encode() for one in CUSTOMERS]


def rotate(home: KeyHome, on_step: Callable[[Step], None] = lambda _step: None) -> int:
    store = home.open()
    try:
        return rotate_key_file(store, home.path, on_step=on_step).rewrapped
    finally:
        store.close()
