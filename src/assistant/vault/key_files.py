"""The key-encryption key: made once, kept in a file of mode 0600 or in the environment.

It is never in a database, in the data folder or in a backup of either. A file holds one line per
epoch, ``<epoch>:<base64>``; during a rotation it holds two, so that a crash between the key
database and the file loses nothing. A bare base64 value is epoch 1.
"""

import base64
import binascii
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from assistant.core.errors import KeyUnavailable
from assistant.vault.envelope import KEY_BYTES


@dataclass(frozen=True, slots=True)
class KeyEncryptionKey:
    """One epoch's key; its secret is kept out of any printed form."""

    epoch: int
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The key-encryption keys that this process was given, by epoch, and where they came from."""

    keys: Mapping[int, bytes] = field(repr=False)
    origin: str

    @property
    def newest(self) -> KeyEncryptionKey:
        """The key of the highest epoch."""
        epoch = max(self.keys)
        return KeyEncryptionKey(epoch, self.keys[epoch])


def new_key(epoch: int = 1) -> KeyEncryptionKey:
    """Return a random key-encryption key."""
    return KeyEncryptionKey(epoch, os.urandom(KEY_BYTES))


def ring_of(key: KeyEncryptionKey, origin: str = "a new key") -> KeyRing:
    """Return a ring that holds only ``key``."""
    return KeyRing({key.epoch: key.secret}, origin)


def create_key_file(path: Path) -> KeyRing:
    """Write a new key to ``path`` (mode 0600, its folder 0700) and return it.

    Raises:
        KeyUnavailable: the file is there already; an existing key is never overwritten.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    ring = ring_of(new_key(), origin=str(path))
    try:
        _write_lines(path, ring)
    except FileExistsError as error:
        raise KeyUnavailable(f"{str(path)!r} holds a key already; it is not overwritten") from error
    return ring


def replace_key_file(path: Path, ring: KeyRing) -> None:
    """Put the keys of ``ring`` into ``path`` in place of those there, durably and all or none.

    Owner and mode stay. What the file held is overwritten where it lay: on a disk that writes in
    place, a key that is dropped is gone.
    """
    path = path.resolve()
    aside = path.with_name(path.name + ".new")
    if aside.exists():  # an earlier run died here
        _overwrite(aside)
        aside.unlink()
    _write_lines(aside, ring)
    with path.open("r+b") as old:
        state = os.fstat(old.fileno())
        os.chown(aside, state.st_uid, state.st_gid)
        aside.chmod(stat.S_IMODE(state.st_mode))
        aside.replace(path)
        _sync_folder(path.parent)
        _overwrite_open(old)


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        _overwrite_open(file)


def _overwrite_open(file: BinaryIO) -> None:
    file.write(bytes(os.fstat(file.fileno()).st_size))
    file.flush()
    os.fsync(file.fileno())


def _write_lines(path: Path, ring: KeyRing) -> None:
    lines = [
        f"{epoch}:{base64.b64encode(secret).decode()}\n"
        for epoch, secret in sorted(ring.keys.items())
    ]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_key_file(path: Path) -> KeyRing:
    """Return the keys of ``path``.

    Raises:
        KeyUnavailable: the file is missing, readable by others, or holds no key.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("ascii", errors="replace")
    except OSError as error:
        raise KeyUnavailable(_unreadable(path, error)) from error
    if mode & 0o077:
        raise KeyUnavailable(
            f"the key file {str(path)!r} is open to others (mode {mode:04o}); "
            f"run `chmod 600 {path}`"
        )
    return parse_keys(text, origin=str(path))


def _unreadable(path: Path, error: OSError) -> str:
    """Say why, and what to do: only a file that is not there may have to be made."""
    if isinstance(error, FileNotFoundError):
        return (
            f"the key file {str(path)!r} is not there; put back the one that belongs to this key "
            "database, or, for a new service, run `assistant init-keys` to make one"
        )
    return (
        f"the key file {str(path)!r} cannot be read ({error.strerror}); run this as the account "
        "of the service, which owns it"
    )


def parse_keys(text: str, *, origin: str) -> KeyRing:
    """Return the keys written in ``text``, which came from ``origin`` (named in messages).

    Raises:
        KeyUnavailable: no line, or a line that is not 32 bytes of base64.
    """
    keys = dict(_parse_line(line, origin) for line in text.split())
    if not keys:
        raise KeyUnavailable(f"{origin!r} holds no key; run `assistant init-keys` to make one")
    return KeyRing(keys, origin)


def _parse_line(line: str, origin: str) -> tuple[int, bytes]:
    epoch, colon, encoded = line.rpartition(":")
    try:
        number = int(epoch) if colon else 1
        secret = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise KeyUnavailable(_bad_line(origin)) from error
    if len(secret) != KEY_BYTES or number < 1:
        raise KeyUnavailable(_bad_line(origin))
    return number, secret


def _bad_line(origin: str) -> str:
    return f"{origin!r} must hold lines of the form <epoch>:<base64 of 32 bytes>"
