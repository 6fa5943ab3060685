"""The form of a backup file: a zip of one part a table, and a manifest that vouches for each.

Nothing is compressed (sealed content does not shrink), so what lies in a backup can be searched.
A row is one line of JSON, a list of the values of its columns; where a value is bytes, the list
holds ``{"bytes": n}`` and the bytes follow the line as they are, in order. The manifest is written
last, names the SHA-256 and the number of rows of every part, and is read first.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Literal, Self, TypeAlias, cast

import orjson
from pydantic import TypeAdapter, ValidationError

from assistant.core.errors import InvalidInput

BackupKind: TypeAlias = Literal["data", "keys"]
Value: TypeAlias = str | int | float | bool | bytes | None

_VERSION: Final = 1
_MANIFEST: Final = "manifest.json"
_CHUNK: Final = 1 << 20
_LONGEST_LINE: Final = 1 << 26
_DAMAGED: Final = "is damaged or was cut short; use another backup, nothing was changed"


@dataclass(frozen=True, slots=True)
class Part:
    """One table in a backup."""

    table: str
    columns: tuple[str, ...]
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds and which service it belongs to.

    ``revision`` is the migration the tables had; ``key_check`` recognises the key database whose
    keys open the content. Times are RFC 3339.
    """

    kind: BackupKind
    made_at: str
    keep_until: str
    revision: str
    key_check: str
    parts: tuple[Part, ...]
    format: Literal["assistant-backup"] = "assistant-backup"
    version: int = _VERSION

    @property
    def rows(self) -> int:
        """The rows of all parts."""
        return sum(part.rows for part in self.parts)


class BackupWriter:
    """Writes a backup beside its final name, and gives it that name when it is whole."""

    def __init__(self, path: Path) -> None:
        """Begin a backup at ``path``, readable by its owner only.

        Raises:
            InvalidInput: there is a file already; a backup is never overwritten.
        """
        if path.exists():
            raise InvalidInput(f"{str(path)!r} is there already; choose another name")
        self._path = path
        self._unfinished = path.with_name(path.name + ".unfinished")
        self._unfinished.unlink(missing_ok=True)
        descriptor = os.open(self._unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._parts: list[Part] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Throw away what was not finished."""
        if not self._file.closed:
            with suppress(OSError, ValueError):
                self._zip.close()
            self._file.close()
        self._unfinished.unlink(missing_ok=True)

    def add_part(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Value]],
        on_row: Callable[[], None],
    ) -> None:
        """Write the rows of one table, telling ``on_row`` of each."""
        digest, count, size = hashlib.sha256(), 0, 0
        with self._zip.open(_name(table), "w", force_zip64=True) as file:
            for row in rows:
                encoded = encode_row(row)
                digest.update(encoded)
                file.write(encoded)
                count, size = count + 1, size + len(encoded)
                on_row()
        self._parts.append(Part(table, tuple(columns), count, size, digest.hexdigest()))

    def finish(
        self,
        *,
        kind: BackupKind,
        made_at: str,
        keep_until: str,
        revision: str,
        key_check: str,
    ) -> Manifest:
        """Write the manifest, bring everything to disk and give the file its name."""
        manifest = Manifest(kind, made_at, keep_until, revision, key_check, tuple(self._parts))
        self._zip.writestr(_MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        try:
            os.link(self._unfinished, self._path)  # unlike a rename, never over another file
        except FileExistsError as error:
            raise InvalidInput(f"{str(self._path)!r} is there already; choose another") from error
        return manifest


class BackupReader:
    """A backup whose manifest was read; ``verify`` compares every part with it."""

    def __init__(self, path: Path) -> None:
        """Open the backup at ``path``.

        Raises:
            InvalidInput: it is no backup, not a whole one, or of a later version.
        """
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
            content = self._zip.read(_MANIFEST)
        except FileNotFoundError as error:
            raise InvalidInput(f"there is no file {str(path)!r}") from error
        except (zipfile.BadZipFile, KeyError, EOFError) as error:
            raise InvalidInput(f"{str(path)!r} is no backup, or {_DAMAGED}") from error
        self.manifest = _read_manifest(content, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def verify(self, on_bytes: Callable[[int], None]) -> None:
        """Compare every part with its SHA-256 in the manifest, telling ``on_bytes`` how far it is.

        Raises:
            InvalidInput: a part is missing or differs.
        """
        done = 0
        for part in self.manifest.parts:
            digest = hashlib.sha256()
            with self._open(part) as file:
                while chunk := self._read(file, part):
                    digest.update(chunk)
                    done += len(chunk)
                    on_bytes(done)
            if digest.hexdigest() != part.sha256:
                raise InvalidInput(f"{str(self.path)!r}, table {part.table}: {_DAMAGED}")

    def rows(self, part: Part) -> Iterator[list[Value]]:
        """Yield the rows of one part."""
        with self._open(part) as file:
            for _ in range(part.rows):
                yield decode_row(file, self.path)

    def _open(self, part: Part) -> IO[bytes]:
        try:
            return self._zip.open(_name(part.table))
        except (KeyError, zipfile.BadZipFile) as error:
            raise InvalidInput(f"{str(self.path)!r}, table {part.table}: {_DAMAGED}") from error

    def _read(self, file: IO[bytes], part: Part) -> bytes:
        try:
            return file.read(_CHUNK)
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            raise InvalidInput(f"{str(self.path)!r}, table {part.table}: {_DAMAGED}") from error


def encode_row(row: Sequence[Value]) -> bytes:
    """Return a row as its line of JSON and, behind it, its bytes."""
    blobs = [bytes(value) for value in row if isinstance(value, bytes | memoryview)]
    shown = [
        {"bytes": len(value)} if isinstance(value, bytes | memoryview) else value for value in row
    ]
    return orjson.dumps(shown, option=orjson.OPT_APPEND_NEWLINE) + b"".join(blobs)


def decode_row(file: IO[bytes], path: Path) -> list[Value]:
    """Read one row.

    Raises:
        InvalidInput: the file ends within it, or it is none.
    """
    try:
        values = orjson.loads(file.readline(_LONGEST_LINE))
        for place, value in enumerate(values):
            if isinstance(value, dict):
                values[place] = _exactly(file, value["bytes"])
    except (ValueError, KeyError, TypeError, EOFError) as error:
        raise InvalidInput(f"{str(path)!r} {_DAMAGED}") from error
    return cast("list[Value]", values)


def _exactly(file: IO[bytes], count: int) -> bytes:
    content = file.read(count)
    if len(content) != count:
        raise EOFError
    return content


def _name(table: str) -> str:
    return f"tables/{table}.rows"


def _read_manifest(content: bytes, path: Path) -> Manifest:
    try:
        manifest = TypeAdapter(Manifest).validate_json(content)
    except ValidationError as error:
        raise InvalidInput(f"{str(path)!r} is no backup of this service") from error
    if manifest.version != _VERSION:
        raise InvalidInput(
            f"{str(path)!r} is a backup of form {manifest.version}, this service knows "
            f"{_VERSION}; use the version of the service that made it"
        )
    return manifest
