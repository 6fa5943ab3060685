"""``assistant backup``: what is needed to restore the service, in files of their own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import DatabaseOption, DataDirOption
from assistant.cli.private_files import refuse_target
from assistant.cli.read_settings import read_settings
from assistant.cli.terminal import print_line, progress
from assistant.core.errors import InvalidInput

if TYPE_CHECKING:
    from assistant.store.backup_file import Manifest


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Where the database's content goes, still sealed."),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", metavar="FILE", help="Where the wrapped keys go; kept apart."),
    ] = None,
    database: DatabaseOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Back the database up while it is served, or its keys, or both.

    FILE holds every row of one moment, sealed as it is stored, and no key. The file of `--keys`
    holds the wrapped keys and no content. Keep them in different places: the second only briefly,
    because what was erased is final only when no backup of its key is left. Neither holds the
    key-encryption key (the key file) nor the erasure ledger; docs/operations.md says how to keep
    those. An existing file is never overwritten.

    Example: `assistant backup /backups/today.data --keys /vault/today.keys`
    """
    settings = read_settings(database_url=database, data_dir=data_dir)
    if file is None and keys is None:
        raise InvalidInput("nothing to back up: name a FILE, or --keys FILE")
    from assistant.bootstrap.backup import back_up_data, back_up_keys  # noqa: PLC0415 - heavy
    from assistant.core.clock import system_clock  # noqa: PLC0415

    for target in filter(None, (file, keys)):
        refuse_target(target)
    if file is not None and keys is not None and file.resolve() == keys.resolve():
        raise InvalidInput("the keys must lie apart from what they open: name two files")
    if file is not None:
        with progress("rows") as advance:
            made = back_up_data(settings, file, now=system_clock(), progress=advance)
        print_line(f"{_size(file, made)}; keep it until {_day(made)} at most")
    if keys is not None:
        with progress("keys") as advance:
            made = back_up_keys(settings, keys, now=system_clock(), progress=advance)
        print_line(
            f"{_size(keys, made)}; keep it apart from the database's backup, and delete it by "
            f"{made.keep_until[:16].replace('T', ' ')} UTC: until then erasures are not final"
        )


def _size(path: Path, manifest: "Manifest") -> str:
    size = path.stat().st_size
    return f"{path}: {manifest.rows:,} rows of {len(manifest.parts)} tables, {size:,} bytes"


def _day(manifest: "Manifest") -> str:
    return manifest.keep_until[:10]
