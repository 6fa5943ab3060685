"""Keys and ledgers that were lost: what comes back, what stays destroyed, what is refused."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.backup_parts import Service, back_up, back_up_the_keys, put_back
from tests.erasure_home import settings_in
from tests.fakes.clock import SteppableClock
from tests.integration.backup.world import arrive

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.core.errors import ConfigurationError
from assistant.profile.consent.grants import Grant
from assistant.settings import Settings
from assistant.vault.rotation import rotate_key_file

Start = Callable[[], Service]


def lose_keys(settings: Settings) -> None:
    for path in settings.key_folder.glob("keys.db*"):
        path.unlink()


def lose_ledger(settings: Settings) -> None:
    shutil.rmtree(settings.ledger_folder)


def test_a_lost_key_database_comes_back_without_the_keys_of_who_was_erased(
    settings: Settings, service: Service, start: Start, clock: SteppableClock, tmp_path: Path
) -> None:
    ada, ben, cleo = (arrive(service, name) for name in ("ada", "ben", "cleo"))
    back_up(settings, tmp_path / "backup")
    back_up_the_keys(settings, tmp_path / "keys")
    clock.advance(days=300)  # past the real present, as a backup of today would have it
    service.erase(ada.customer_id, "everything")
    service.erase(ben.customer_id, "item", ben.events[0])
    service.work()
    service.close()
    lose_keys(settings)

    restored = put_back(settings, tmp_path / "backup", tmp_path / "keys", replace=True)

    assert restored.keys is not None
    assert (restored.keys.customers, restored.keys.erased) == (2, 1)
    service = start()
    vault = service.stores.vault
    assert service.find(ada.subject) is None
    assert vault.data_key_numbers(ada.customer_id) == ()
    assert service.event_ids(ben.customer_id) == ben.events[1:]
    assert min(vault.data_key_numbers(ben.customer_id)) > 1  # the old data key is destroyed again
    assert service.event_ids(cleo.customer_id) == cleo.events
    assert isinstance(service.authorize(cleo.customer_id), Grant)
    assert len(service.indexed(cleo.customer_id)) == 2


def test_a_destroyed_data_key_is_destroyed_again_though_the_first_restore_failed(
    settings: Settings,
    service: Service,
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ben = arrive(service, "ben")
    back_up(settings, tmp_path / "backup")
    back_up_the_keys(settings, tmp_path / "keys")
    service.erase(ben.customer_id, "item", ben.events[0])
    service.work()
    service.close()
    lose_keys(settings)

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("assistant.bootstrap.restore.load_backup", fail)
        with pytest.raises(OSError, match="no space"):
            put_back(settings, tmp_path / "backup", tmp_path / "keys", replace=True)
    put_back(settings, tmp_path / "backup", tmp_path / "keys", replace=True)

    service = start()
    assert min(service.stores.vault.data_key_numbers(ben.customer_id)) > 1
    assert service.event_ids(ben.customer_id) == ben.events[1:]
    assert len(service.indexed(ben.customer_id)) == 1


def test_keys_that_were_lost_alone_come_back_alone(
    settings: Settings, service: Service, start: Start, tmp_path: Path
) -> None:
    ada = arrive(service, "ada")
    back_up_the_keys(settings, tmp_path / "keys")
    service.close()
    lose_keys(settings)

    put_back(settings, None, tmp_path / "keys")

    assert len(start().indexed(ada.customer_id)) == 2


def test_no_key_database_is_made_in_place_of_one_that_was_lost(
    settings: Settings, service: Service, start: Start, tmp_path: Path
) -> None:
    """A new one would open nothing, and refuse the right one's backup as another's."""
    ada = arrive(service, "ada")
    back_up(settings, tmp_path / "backup")
    back_up_the_keys(settings, tmp_path / "keys")
    service.close()
    lose_keys(settings)

    for attempt in (
        start,
        lambda: back_up(settings, tmp_path / "another"),
        lambda: back_up_the_keys(settings, tmp_path / "another"),
        lambda: put_back(settings, tmp_path / "backup", replace=True),
    ):
        with pytest.raises(
            ConfigurationError, match=r"there is no key database|is missing or empty"
        ):
            attempt()
    assert not (tmp_path / "another").exists()
    assert not list(settings.key_folder.glob("keys.db*"))
    put_back(settings, None, tmp_path / "keys")

    assert len(start().indexed(ada.customer_id)) == 2


def test_keys_of_who_has_some_stay_as_they_are(
    settings: Settings, service: Service, start: Start, tmp_path: Path
) -> None:
    ada = arrive(service, "ada")
    back_up_the_keys(settings, tmp_path / "keys")
    service.erase(ada.customer_id, "item", ada.events[0])
    service.work()
    kept = service.stores.keys.find_keys(ada.customer_id)
    service.close()

    put_back(settings, None, tmp_path / "keys")

    assert start().stores.keys.find_keys(ada.customer_id) == kept


def test_keys_of_an_epoch_that_was_destroyed_are_refused(
    settings: Settings, service: Service, tmp_path: Path
) -> None:
    arrive(service, "ada")
    back_up_the_keys(settings, tmp_path / "keys")
    service.close()
    rotate(settings)

    with pytest.raises(ConfigurationError, match=r"epoch 1 .* is not here"):
        put_back(settings, None, tmp_path / "keys")
    back_up_the_keys(settings, tmp_path / "newer")
    lose_keys(settings)
    with pytest.raises(ConfigurationError, match=r"epoch 1 .* is not here"):
        put_back(settings, None, tmp_path / "keys")
    put_back(settings, None, tmp_path / "newer")  # what was refused left nothing behind


def rotate(settings: Settings) -> None:
    """Wrap everything anew and destroy the key-encryption key, as `rotate-keys` does."""
    store = SqlKeyStore.open(settings.resolved_keys_url())
    rotate_key_file(store, settings.resolved_key_file())
    store.close()


def test_keys_of_another_key_database_are_refused(
    settings: Settings, service: Service, tmp_path: Path
) -> None:
    other = settings_in(tmp_path / "other", f"sqlite:///{tmp_path / 'other.db'}")
    shutil.copyfile(settings.resolved_key_file(), other.resolved_key_file())
    Service(other).close()
    back_up_the_keys(other, tmp_path / "foreign")
    service.close()

    with pytest.raises(ConfigurationError, match="another one"):
        put_back(settings, None, tmp_path / "foreign")


def test_a_lost_ledger_is_found_and_nothing_goes_on_until_it_is_accepted(
    settings: Settings, service: Service, start: Start, tmp_path: Path
) -> None:
    ada, ben = arrive(service, "ada"), arrive(service, "ben")
    service.erase(ada.customer_id, "everything")
    service.work()
    back_up(settings, tmp_path / "backup")
    service.close()
    lose_ledger(settings)

    service = start()
    with pytest.raises(ConfigurationError, match="the erasure ledger lacks 1 entry"):
        service.catching_up.run()
    before = service.rows()
    service.close()
    with pytest.raises(ConfigurationError, match="the erasure ledger lacks"):
        put_back(settings, tmp_path / "backup", replace=True)
    service = start()
    assert service.rows() == before
    service.close()

    put_back(settings, tmp_path / "backup", replace=True, accept_lost_ledger=True)

    service = start()
    assert service.catching_up.run() is None
    assert service.find(ben.subject) == ben.customer_id
    service.decide(ben.customer_id, "withdrawn")  # and the new ledger is written to
    assert service.stores.ledger.reach().last.seq > 0


def test_a_lost_ledger_is_found_though_the_backup_is_older_than_every_entry(
    settings: Settings, service: Service, start: Start, tmp_path: Path
) -> None:
    ada = arrive(service, "ada")
    back_up(settings, tmp_path / "backup")
    service.decide(ada.customer_id, "withdrawn")
    service.close()
    lose_ledger(settings)

    with pytest.raises(ConfigurationError, match="the erasure ledger lacks 10 entries"):
        put_back(settings, tmp_path / "backup", replace=True)

    service = start()
    assert not isinstance(service.authorize(ada.customer_id), Grant)


def test_a_ledger_that_was_put_back_from_an_older_copy_is_found(
    tmp_path: Path, sqlite_url: str, clock: SteppableClock
) -> None:
    settings = settings_in(tmp_path, sqlite_url)
    service = Service(settings, clock)
    ada = arrive(service, "ada")
    service.decide(ada.customer_id, "withdrawn")
    service.close()
    shutil.copytree(settings.ledger_folder, tmp_path / "older")
    service = Service(settings, clock)
    service.decide(ada.customer_id, "withdrawn")
    service.close()
    lose_ledger(settings)
    shutil.copytree(tmp_path / "older", settings.ledger_folder)

    service = Service(settings, clock)
    with pytest.raises(ConfigurationError, match="the erasure ledger lacks"):
        service.catching_up.run()
    service.close()


def test_a_ledger_in_the_data_folder_is_refused(tmp_path: Path, sqlite_url: str) -> None:
    settings = settings_in(tmp_path, sqlite_url)
    inside = f"sqlite:///{settings.data_dir / 'ledger.db'}"

    with pytest.raises(ConfigurationError, match="lies in the data folder"):
        Service(settings.model_copy(update={"ledger_url": inside}))
