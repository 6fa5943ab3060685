"""How the scan reads a store to its end, and where it must say that it cannot.

A file counts as read only in a form that is known: a database of SQLite that is sound, with its
journals; a backup of ours or another zip that compresses nothing; text; arrays of NumPy and indexes
of faiss. Whatever else it is (compressed, encrypted, scrambled), bytes that were searched in vain
say nothing about what they mean.
"""

import base64
import binascii
import re
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from assistant.core.errors import InvalidInput
from assistant.store.backup_file import BackupReader

Value: TypeAlias = object

SQLITE = b"SQLite format 3\0"
_WAL = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
_ARRAYS = (b"\x93NUMPY", b"IxF", b"IxH", b"IwF", b"IxM")
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x04\x22\x4d\x18": "lz4",
}
_ENCODED = re.compile(rb"[0-9A-Za-z+/_=-]{400,}")
_SHORT = 64
"""Bytes up to which a value that is no text is a key, a hash or a nonce, and holds no content."""

_COPIES = 3


class NotReadable(Exception):
    """The scan cannot say what is in a store; the message says why."""


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One row of a table, by column."""

    table: str
    values: Mapping[str, Value]


@contextmanager
def copied(paths: Sequence[Path]) -> Iterator[Path]:
    """Copy files or folders with another program, and yield the folder with the copies.

    A process that opens and closes a file of SQLite itself loses the locks its connections hold on
    it; and what lies still can be read twice.
    """
    with tempfile.TemporaryDirectory(prefix="canary-") as folder:
        subprocess.run(["cp", "-R", "-P", *map(str, paths), folder], check=False)
        yield Path(folder)


@contextmanager
def copied_database(path: Path) -> Iterator[Path]:
    """Copy a database of SQLite with its journals, anew while a writer tears the copy apart."""
    with tempfile.TemporaryDirectory(prefix="canary-") as folder:
        target = Path(folder) / path.name
        for _ in range(_COPIES):
            for suffix in ("", "-wal", "-journal"):
                source = path.with_name(path.name + suffix)
                if source.exists():
                    shutil.copyfile(source, target.with_name(target.name + suffix))
            if _is_sound(target):
                break
        yield target


def rows_of_database(path: Path) -> Iterator[StoredRow]:
    """Yield every row of a database of SQLite; ``path`` is a copy that nobody writes to.

    Raises:
        NotReadable: it is damaged or cut short.
    """
    if not _is_sound(path):
        raise NotReadable("a damaged database")
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        for (name,) in connection.execute(query).fetchall():
            for row in connection.execute(f'SELECT * FROM "{name}"'):
                yield StoredRow(name, {key: row[key] for key in row.keys()})  # noqa: SIM118


def rows_of_backup(path: Path) -> Iterator[StoredRow]:
    """Yield every row of a backup.

    Raises:
        NotReadable: it is damaged or cut short.
    """
    try:
        with BackupReader(path) as backup:
            backup.verify(lambda _: None)
            for part in backup.manifest.parts:
                for row in backup.rows(part):
                    yield StoredRow(part.table, dict(zip(part.columns, row, strict=True)))
    except InvalidInput as error:
        raise NotReadable("a damaged backup") from error


def is_backup(path: Path) -> bool:
    """Whether a file is a backup of ours."""
    try:
        BackupReader(path).__exit__(None, None, None)
    except InvalidInput:
        return False
    return True


def check_form(name: str, content: bytes) -> None:
    """Return when the bytes of a file that is no database mean what they say.

    Raises:
        NotReadable: they may mean anything.
    """
    if not content.strip(b"\0") or name.endswith("-shm"):
        return
    if content.startswith((*_WAL, *_ARRAYS)):
        return
    for magic, what in _COMPRESSED.items():
        if content.startswith(magic):
            raise NotReadable(f"compressed by {what}")
    check_text(content, "neither text nor any form that is known")


def check_text(content: bytes, otherwise: str) -> None:
    """Return for text in which nothing else is written in digits.

    Raises:
        NotReadable: it is no text (``otherwise``), or holds something encoded that is none.
    """
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise NotReadable(otherwise) from error
    for match in _ENCODED.finditer(content):
        if not _is_text(_decoded(match[0])):
            raise NotReadable("text that holds something encoded which is no text")


def check_value(value: Value) -> None:
    """Return for a value of a row, not sealed, that means what it says.

    Raises:
        NotReadable: it may mean anything.
    """
    if isinstance(value, str):
        check_text(value.encode(errors="surrogateescape"), "no text")
    elif isinstance(value, bytes | memoryview) and len(value) > _SHORT:
        check_text(bytes(value), "bytes that are neither sealed nor text")


def zipped_members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files in a zip.

    Raises:
        NotReadable: it is damaged, encrypted or compressed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
                    raise NotReadable(f"a zip that compresses or encrypts {member.filename!r}")
                yield member.filename, archive.read(member)
    except zipfile.BadZipFile as error:
        raise NotReadable("a damaged zip") from error


def as_bytes(values: Sequence[Value]) -> bytes:
    """Return values of rows as bytes to search, one after the other."""
    return b"\n".join(
        bytes(value)
        if isinstance(value, bytes | memoryview)
        else str(value).encode(errors="surrogateescape")
        for value in values
    )


def _is_sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as connection:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(answer == "ok")


def _decoded(digits: bytes) -> bytes:
    """Return what hexadecimal or base64 digits stand for, empty when they are just letters."""
    try:
        return bytes.fromhex(digits.decode())
    except ValueError:
        pass
    try:
        return base64.b64decode(digits + b"=" * (-len(digits) % 4), altchars=b"-_")
    except binascii.Error:
        return b""


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
