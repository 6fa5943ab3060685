"""The folder of an index: each generation a folder of its own, one file that says which is current.

A generation is written aside, synced to disk and checksummed before ``CURRENT`` names it; replacing
that one small file is the swap. Truncated and bit-flipped faiss files often load without complaint,
so nothing is opened whose SHA-256 is not the one in the manifest, whose own is in ``CURRENT``.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from assistant.core.errors import IndexDamaged

FORMAT = 1
"""Raised when the files of a generation change their meaning; others are then built anew."""

_CURRENT, _MANIFEST, _BUILDING = "CURRENT", "manifest.json", ".building-"
_LINE = re.compile(r"([0-9a-f-]{36}) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pointer:
    """Names a generation and vouches for its manifest."""

    generation: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation was built with, and the SHA-256 of each of its files."""

    generation: str
    embedder: str
    files: dict[str, str]
    format: int = FORMAT


class Generations:
    """Reads, writes and swaps the generations in one folder."""

    def __init__(self, *, folder: Path) -> None:
        """Use ``folder``, which need not exist yet."""
        self.folder = folder

    def read_pointers(self) -> tuple[Pointer, ...]:
        """Return the current generation and the one before it; nothing if none was ever built.

        Raises:
            IndexDamaged: ``CURRENT`` cannot be understood.
        """
        try:
            text = (self.folder / _CURRENT).read_text("ascii", "replace")
        except FileNotFoundError:
            return ()
        matches = [_LINE.fullmatch(line) for line in text.splitlines()]
        pointers = tuple(Pointer(*match.groups()) for match in matches if match)
        if not matches or len(pointers) != len(matches):
            raise _damaged("CURRENT cannot be understood")
        return pointers

    def verify(self, pointer: Pointer) -> Manifest:
        """Return the manifest of a generation whose files are all as they were written.

        Raises:
            IndexDamaged: a file is missing, cut off, altered, or of a format unknown here.
        """
        folder = self.path_of(pointer)
        try:
            content = (folder / _MANIFEST).read_bytes()
            if hashlib.sha256(content).hexdigest() != pointer.manifest_sha256:
                raise _damaged(f"{pointer.generation}/{_MANIFEST} was altered")
            manifest = Manifest(**orjson.loads(content))
            for name, expected in manifest.files.items():
                if _sha256(folder / name) != expected:
                    raise _damaged(f"{pointer.generation}/{name} was altered")
        except (OSError, TypeError, ValueError) as error:
            raise _damaged(f"{pointer.generation} is incomplete") from error
        if manifest.format != FORMAT:
            raise _damaged(f"{pointer.generation} has format {manifest.format}")
        return manifest

    def signature(self, pointers: Sequence[Pointer]) -> int:
        """Return a number that changes when a file of these generations does; reads none of them.

        It notices a file that was cut or written to, so that a server need not hash all of them
        again and again.
        """
        paths = [path for pointer in pointers for path in self.path_of(pointer).rglob("*")]
        return hash(tuple(sorted(_state(path) for path in paths)))

    def path_of(self, pointer: Pointer) -> Path:
        """Return the folder of a generation."""
        return self.folder / pointer.generation

    def write(self, generation: str, *, embedder: str, save: Callable[[Path], None]) -> Pointer:
        """Write a generation aside with ``save(folder)``; it is not current yet.

        When this returns, every byte of it is on disk.
        """
        aside = self.folder / f"{_BUILDING}{generation}"
        aside.mkdir(parents=True)
        save(aside)
        files = sorted(path for path in aside.rglob("*") if path.is_file())
        manifest = Manifest(
            generation=generation,
            embedder=embedder,
            files={path.relative_to(aside).as_posix(): _sha256(path) for path in files},
        )
        content = orjson.dumps(manifest)
        (aside / _MANIFEST).write_bytes(content)
        for path in [*files, aside / _MANIFEST, *_folders_of(aside)]:
            _sync(path)
        aside.rename(self.folder / generation)
        _sync(self.folder)
        return Pointer(generation, hashlib.sha256(content).hexdigest())

    def swap(self, pointer: Pointer, *, previous: Pointer | None) -> None:
        """Make ``pointer`` the current generation in one step, and remove all but ``previous``."""
        pointers = [pointer] + ([previous] if previous else [])
        lines = "".join(f"{entry.generation} {entry.manifest_sha256}\n" for entry in pointers)
        aside = self.folder / f"{_CURRENT}.new"
        aside.write_text(lines, "ascii")
        _sync(aside)
        aside.replace(self.folder / _CURRENT)
        _sync(self.folder)
        self._remove_all_but({entry.generation for entry in pointers})

    def _remove_all_but(self, kept: set[str]) -> None:
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)


def _folders_of(folder: Path) -> list[Path]:
    return [*(path for path in folder.rglob("*") if path.is_dir()), folder]


def _sync(path: Path) -> None:
    """Wait until a file or folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _state(path: Path) -> tuple[str, int, int]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return str(path), -1, -1
    return str(path), status.st_size, status.st_mtime_ns


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(what: str) -> IndexDamaged:
    return IndexDamaged(
        f"the knowledge index is damaged: {what}; rebuild it with `assistant index`"
    )
