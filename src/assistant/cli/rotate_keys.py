"""``assistant rotate-keys``: a new key-encryption key, and the end of the old one."""

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import DataDirOption
from assistant.cli.read_settings import read_settings
from assistant.cli.tables import print_table
from assistant.cli.terminal import print_line
from assistant.core.errors import ConfigurationError

if TYPE_CHECKING:
    from assistant.adapters.sql_key_store import SqlKeyStore
    from assistant.settings import Settings
    from assistant.vault.rotation import Rotation

_BY_HAND = """the key comes from ASSISTANT_KEY, which only you can change; nothing was changed.
  1. make a key, for example with `openssl rand -base64 32`
  2. give both to every process of the service and to this command, the old one first:
     ASSISTANT_KEY="{old}:<the old key> {new}:<the new key>"; then restart the service
  3. run `assistant rotate-keys` again
  4. set ASSISTANT_KEY="{new}:<the new key>", restart, destroy every copy of the old key, and
     run `assistant rotate-keys` once more: it notes that the old key is gone"""


def rotate_keys(
    *,
    if_erased: Annotated[
        bool,
        typer.Option(
            "--if-erased", help="Do nothing where no key was destroyed since the last time."
        ),
    ] = False,
    data_dir: DataDirOption = None,
) -> None:
    """Make a new key-encryption key, wrap every customer's keys under it, and destroy the old one.

    Copies of the key database from before are worthless afterwards: nobody brings back somebody
    who was erased. Run it daily with --if-erased, and back the key file and the keys up anew each
    time. A running service goes on. Interrupted at any moment, the next run finishes it.

    Example: `assistant rotate-keys --if-erased`
    """
    settings = read_settings(data_dir=data_dir)
    from assistant.adapters.sql_key_store import SqlKeyStore  # noqa: PLC0415 - loads SQLAlchemy
    from assistant.bootstrap.stores import holds_keys, refuse_lost_keys  # noqa: PLC0415

    refuse_lost_keys(settings)
    if not holds_keys(settings):
        raise ConfigurationError("there is no key database yet; `assistant serve` makes it")
    store = SqlKeyStore.open(settings.resolved_keys_url())
    try:
        if settings.key is None:
            _rotate_file(settings, store, if_erased=if_erased)
        else:
            _rotate_given(settings, store, if_erased=if_erased)
    finally:
        store.close()


def _rotate_file(settings: "Settings", store: "SqlKeyStore", *, if_erased: bool) -> None:
    """Rotate the key in the key file; one process at a time."""
    from filelock import FileLock  # noqa: PLC0415

    from assistant.bootstrap.stores import read_ring  # noqa: PLC0415
    from assistant.vault.rotation import note_alone, rotate_key_file  # noqa: PLC0415

    path = settings.resolved_key_file().resolve()
    with FileLock(path.with_name(path.name + ".lock"), mode=0o600):
        ring = read_ring(settings)
        note_alone(store, ring)
        if if_erased and len(ring.keys) == 1 and not _destroyed(store):
            print_line("No key was destroyed since the last rotation: nothing to do.")
            return
        done = rotate_key_file(store, path)
    _tell(done, f"{path} holds epoch {done.new} only")
    print_line("Copies from before open nothing any more: back up the key file and the keys now.")


def _rotate_given(settings: "Settings", store: "SqlKeyStore", *, if_erased: bool) -> None:
    """Rotate to the newest key that the environment gives."""
    from assistant.bootstrap.stores import read_ring  # noqa: PLC0415
    from assistant.vault.rotation import note_alone, rotate_given_keys  # noqa: PLC0415

    ring = read_ring(settings)
    done = rotate_given_keys(store, ring)
    if done is not None:
        _tell(done, f"ASSISTANT_KEY still holds epoch {done.old}; set it to epoch {done.new} alone")
    elif note_alone(store, ring):
        print_line(f"Noted that only the key of epoch {ring.newest.epoch} is left.")
    elif if_erased and not _destroyed(store):
        print_line("No key was destroyed since the last rotation: nothing to do.")
    else:
        epoch = ring.newest.epoch
        raise ConfigurationError(_BY_HAND.format(old=epoch, new=epoch + 1))


def _destroyed(store: "SqlKeyStore") -> int:
    return store.destroyed_keys(store.latest_epoch() or 0)


def _tell(done: "Rotation", where: str) -> None:
    emptied = "emptied" if done.emptied else "a reader held on; it empties with the next writes"
    wrapped = f"{done.rewrapped:,}" if done.rewrapped else "by the run before"
    rows = [
        ("epoch", f"{done.old} -> {done.new}"),
        ("keys wrapped anew", wrapped),
        ("journal of the key database", emptied),
        ("key", where),
    ]
    print_table(("what", "now"), rows)
