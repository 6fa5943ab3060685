"""A key file and a key database on both kinds of database, and what is sealed under them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.databases import PostgresTemplate
from tests.key_parts import CUSTOMERS, KeyHome

from assistant.vault.key_files import create_key_file


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyHome]:
    path = tmp_path / "keys" / "key"
    create_key_file(path)
    if request.param == "sqlite":
        yield KeyHome(path, f"sqlite:///{tmp_path / 'keys' / 'keys.db'}")
        return
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    name = template.create_empty()
    yield KeyHome(path, template.url(name))
    template.drop(name)


@pytest.fixture
def sealed(home: KeyHome) -> dict[str, bytes]:
    """Something sealed for each of a few customers."""
    store = home.open()
    vault = home.vault(store)
    vault.create_keys(CUSTOMERS)
    vault.add_data_key(CUSTOMERS[0])
    values = {one: vault.seal(one, "turns", "t", one.encode()) for one in CUSTOMERS}
    values["service"] = vault.service_hash("visitors", b"a")
    store.close()
    return values
