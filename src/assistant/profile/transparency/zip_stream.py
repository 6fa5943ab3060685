"""A zip archive as a stream of bytes: nothing of it is held whole, in memory or on disk.

``zipfile`` writes to anything that takes bytes; what it wrote is handed on after each piece. Sizes
and checksums of a file follow behind it (a data descriptor), because they are not known before.
"""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

CHUNK = 64 * 1024
"""Bytes that are gathered before they are handed on."""


@dataclass(frozen=True, slots=True)
class ZippedFile:
    """A file that is in the archive: its name, SHA-256 and size in bytes."""

    name: str
    sha256: str
    size: int


class ZipStream:
    """Compresses files one after the other; iterate over what each call yields."""

    def __init__(self, *, at: datetime) -> None:
        """Begin an archive whose files are dated ``at``."""
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        self._date = max(at.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
        self.files: list[ZippedFile] = []

    def add(self, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Add a file, yielding the archive's bytes as they become ready."""
        entry = zipfile.ZipInfo(name, self._date)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        digest, size = hashlib.sha256(), 0
        with self._archive.open(entry, "w", force_zip64=True) as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
                if self._sink.size >= CHUNK:
                    yield self._sink.take()
        self.files.append(ZippedFile(name, digest.hexdigest(), size))

    def finish(self) -> Iterator[bytes]:
        """Write the archive's table of contents and yield what is left."""
        self._archive.close()
        yield self._sink.take()


class _Sink:
    """Takes bytes and gives them up again; it cannot seek, and ``zipfile`` asks it for nothing."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes, /) -> int:
        self._pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing is buffered beyond what ``take`` gives up."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        pieces, self._pieces, self.size = self._pieces, [], 0
        return b"".join(pieces)
