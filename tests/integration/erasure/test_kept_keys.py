"""An erasure is not verified while a key that had to go is there, whatever the search finds."""

import pytest
from tests.erasure_home import Home

from assistant.core.erasure import ErasureState
from assistant.profile.erasure import engine
from assistant.vault.vault import Vault

ADA = "ada@customers.example"


def nothing(*_: object, **__: object) -> None:
    """Keep every key, and find nothing in it to search for."""


def test_erasure_of_everything_waits_for_its_keys(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = home.customer(ADA)
    home.send(ADA, "Alder kettle")
    monkeypatch.setattr(Vault, "shred_all", nothing)
    monkeypatch.setattr(engine, "piece_of", nothing)
    requested = home.erase(ada, "everything")
    while home.engine.run_once():
        pass
    found = home.find(ada, requested)
    assert (found.state, found.problem) == (ErasureState.ROWS_PURGED, "found_in_files")


def test_erasure_of_a_part_waits_for_its_old_keys(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = home.customer(ADA)
    home.give(ada)
    home.send(ADA, "Alder kettle", "Quillfern lamp")
    monkeypatch.setattr(Vault, "destroy_data_keys", nothing)
    monkeypatch.setattr(engine, "piece_of", nothing)
    requested = home.erase(ada, "item", home.event_ids(ada)[0])
    while home.engine.run_once():
        pass
    found = home.find(ada, requested)
    assert (found.state, found.problem) == (ErasureState.ROWS_PURGED, "found_in_files")
