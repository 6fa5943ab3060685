"""Looks for byte strings in files, fast, as a program of its own.

A process that closes a file loses the locks that its SQLite connections hold on it (POSIX), so the
service never opens its own databases as files: it runs this file with the interpreter alone, and
everybody else's work goes on meanwhile. It reads JSON with ``files`` and ``pieces`` (base64), and
writes JSON with ``found``, the places of the pieces that occur, and ``unread``, files that exist
and cannot be read.

Pieces begin with a byte of one class, so that only one place in 32 of a file is looked at closely.
"""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

LENGTH = 16
"""Bytes of a piece; by chance one occurs in 2**124 bytes."""

_MASK, _CLASS = 0x1F, 5
_BLOCK = 1 << 22
_HEAD = 4
_ONE_BY_ONE = 2_000_000_000
"""Bytes, times pieces, up to which looking for one piece after another is faster than numpy."""


def piece_of(value: bytes, start: int = 0) -> bytes | None:
    """Return the first piece of ``value`` from ``start`` on, or None where it has none."""
    for place in range(start, len(value) - LENGTH + 1):
        if value[place] & _MASK == _CLASS:
            return value[place : place + LENGTH]
    return None


def find_pieces(file: BinaryIO, pieces: list[bytes]) -> set[int]:
    """Return the places in ``pieces`` of those that occur in ``file``."""
    size = file.seek(0, 2)
    if size * len(pieces) <= _ONE_BY_ONE:
        return {
            place
            for block in _blocks(file)
            for place, piece in enumerate(pieces)
            if block.find(piece) >= 0
        }
    return find_together(file, pieces)


def find_together(file: BinaryIO, pieces: list[bytes]) -> set[int]:
    """Do the same, looking at each byte once however many pieces there are."""
    import numpy as np  # noqa: PLC0415 - loading it takes longer than most searches

    heads: dict[int, list[int]] = {}
    for place, piece in enumerate(pieces):
        heads.setdefault(int.from_bytes(piece[:_HEAD], "little"), []).append(place)
    wanted = np.array(sorted(heads), np.uint32)
    found: set[int] = set()
    for content in _blocks(file):
        block = np.frombuffer(content, np.uint8)
        at = np.flatnonzero((block[: 1 - _HEAD] & _MASK) == _CLASS)
        words = block[at].astype(np.uint32)
        for byte in range(1, _HEAD):
            words |= block[at + byte].astype(np.uint32) << np.uint32(8 * byte)
        for hit in np.flatnonzero(np.isin(words, wanted)):
            seen = content[int(at[hit]) : int(at[hit]) + LENGTH]
            found.update(n for n in heads[int(words[hit])] if pieces[n] == seen)
    return found


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield the file in blocks that overlap by less than a piece.

    It is read, not mapped: a journal that is cut short meanwhile would end a process that maps it.
    """
    file.seek(0)
    overlap = b""
    while read := file.read(_BLOCK):
        block = overlap + read
        yield block
        overlap = block[1 - LENGTH :]


def find_in_files(files: list[str], pieces: list[bytes]) -> tuple[set[int], list[str]]:
    """Return which pieces occur in any of the files, and the files that cannot be read."""
    found: set[int] = set()
    unread: list[str] = []
    for name in files:
        try:
            with Path(name).open("rb") as file:
                found |= find_pieces(file, pieces)
        except FileNotFoundError:
            continue
        except OSError:
            unread.append(name)
    return found, unread


def main() -> None:
    """Answer the one question on stdin."""
    asked = json.load(sys.stdin)
    pieces = [base64.b64decode(piece) for piece in asked["pieces"]]
    found, unread = find_in_files(asked["files"], pieces)
    json.dump({"found": sorted(found), "unread": unread}, sys.stdout)


if __name__ == "__main__":
    main()
