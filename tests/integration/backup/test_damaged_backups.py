"""A backup that is not whole, or not of this service, is refused before anything is touched."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.backup_parts import Service, back_up, put_back
from tests.erasure_home import settings_in
from tests.integration.backup.world import arrive

from assistant.core.errors import ConfigurationError, InvalidInput
from assistant.settings import Settings

Archive = dict[str, bytes]


def truncated(content: bytes, _: Archive) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes, _: Archive) -> bytes:
    changed = bytearray(content)
    changed[content.index(b"tables/customers.rows") + 60] ^= 1
    return bytes(changed)


def without_a_part(_: bytes, archive: Archive) -> Archive:
    return {name: content for name, content in archive.items() if "turns" not in name}


def with_other_rows(_: bytes, archive: Archive) -> Archive:
    return archive | {"tables/turns.rows": b""}


def of_later_tables(_: bytes, archive: Archive) -> Archive:
    manifest = archive["manifest.json"]
    newest = manifest.split(b'"revision": "')[1][:4]
    return archive | {"manifest.json": manifest.replace(newest, b"9999")}


def of_a_later_form(_: bytes, archive: Archive) -> Archive:
    manifest = archive["manifest.json"].replace(b'"version": 1', b'"version": 2')
    return archive | {"manifest.json": manifest}


def with_a_strange_manifest(_: bytes, archive: Archive) -> Archive:
    return archive | {"manifest.json": b'{"kind": ["data"]}'}


def a_text(_: bytes, __: Archive) -> bytes:
    return b"not a backup at all"


DAMAGES = (
    truncated, flipped, without_a_part, with_other_rows, of_later_tables, of_a_later_form,
    with_a_strange_manifest, a_text,
)  # fmt: skip


@pytest.fixture(scope="module")
def sound(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: object
) -> tuple[Settings, Path]:
    """A service with a customer, closed, and a sound backup of it."""
    folder = tmp_path_factory.mktemp("sound")
    url = sqlite_template.create(folder / "data" / "main.db")  # type: ignore[attr-defined]  # its own fixture
    settings = settings_in(folder, url)
    service = Service(settings)
    arrive(service, "ada")
    service.close()
    back_up(settings, folder / "backup")
    return settings, folder / "backup"


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    sound: tuple[Settings, Path],
    tmp_path: Path,
    damage: Callable[[bytes, Archive], bytes | Archive],
) -> None:
    settings, backup = sound
    with zipfile.ZipFile(backup) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    damaged, path = damage(backup.read_bytes(), parts), tmp_path / "damaged"
    if isinstance(damaged, bytes):
        path.write_bytes(damaged)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in damaged.items():
                archive.writestr(name, content)
    file = Path(settings.resolved_database_url().removeprefix("sqlite:///"))
    before = hashlib.sha256(file.read_bytes()).digest()

    with pytest.raises(InvalidInput):
        put_back(settings, path, replace=True)

    assert hashlib.sha256(file.read_bytes()).digest() == before


def test_a_backup_of_another_service_or_kind_is_refused(
    sound: tuple[Settings, Path], tmp_path: Path
) -> None:
    _, backup = sound
    other = settings_in(tmp_path / "other", f"sqlite:///{tmp_path / 'other.db'}")

    with pytest.raises(ConfigurationError, match="there is no key database"):
        put_back(other, backup)
    assert not list(other.key_folder.glob("keys.db*")), "none is made that would stand in the way"
    Service(other).close()
    with pytest.raises(ConfigurationError, match="another key database"):
        put_back(other, backup)
    with pytest.raises(InvalidInput, match="holds no keys"):
        put_back(other, None, backup)
    with pytest.raises(InvalidInput, match="no file"):
        put_back(other, tmp_path / "nothing")
