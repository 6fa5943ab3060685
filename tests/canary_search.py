"""Looks for thousands of byte strings in hundreds of megabytes at once.

Wherever a string of 15 bytes or more lies, it covers eight bytes that begin at a multiple of eight.
So each string gives eight such pieces, one for each way it may lie, and the content is read once,
eight bytes a step, as numbers: a table of bits says which numbers may be a piece, a sorted list
which are, and only there are whole strings compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHORTEST = 15
"""Bytes of a string that always covers an aligned piece; shorter ones are looked for one by one."""

_PIECE = 8
_BITS = 22
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LOOKED_AT = 4
"""Pieces of a needle, for each alignment, among which the one that says most is chosen."""

_STEP = 1 << 22
"""Pieces that are looked at together: 32 MB."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Eight bytes of a needle, at ``offset`` within it."""

    needle: int
    offset: int


class NeedleSearch:
    """An index over needles; make it once and search as much as there is."""

    def __init__(self, needles: Sequence[bytes]) -> None:
        self._needles = needles
        self._short = [n for n, needle in enumerate(needles) if len(needle) < SHORTEST]
        pieces: dict[int, list[_Piece]] = {}
        for number, needle in enumerate(needles):
            if len(needle) >= SHORTEST:
                for offset in _telling_offsets(needle):
                    value = int.from_bytes(needle[offset : offset + _PIECE], "little")
                    pieces.setdefault(value, []).append(_Piece(number, offset))
        self._values = np.array(sorted(pieces), dtype=np.uint64)
        self._pieces = [pieces[value] for value in sorted(pieces)]
        self._may_be = np.zeros(1 << _BITS, dtype=np.bool_)
        self._may_be[_mixed(self._values)] = True

    def find(self, content: bytes) -> set[int]:
        """Return the numbers of the needles that ``content`` holds."""
        found = {n for n in self._short if self._needles[n] in content}
        for position, piece in self._candidates(content):
            if piece.needle not in found:
                start = position - piece.offset
                needle = self._needles[piece.needle]
                if start >= 0 and content[start : start + len(needle)] == needle:
                    found.add(piece.needle)
        return found

    def _candidates(self, content: bytes) -> Iterator[tuple[int, _Piece]]:
        """Yield where a piece of a needle lies, and which."""
        if not len(self._values):
            return
        numbers = np.frombuffer(content, dtype="<u8", count=len(content) // _PIECE)
        for start in range(0, len(numbers), _STEP):
            part = numbers[start : start + _STEP]
            (near,) = np.nonzero(self._may_be[_mixed(part)])
            at = np.searchsorted(self._values, part[near])
            at[at == len(self._values)] = 0
            exact = self._values[at] == part[near]
            for index, value in zip(near[exact], at[exact], strict=True):
                for piece in self._pieces[value]:
                    yield (start + int(index)) * _PIECE, piece


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a number of ``_BITS`` bits for each value, spread over all of them."""
    with np.errstate(over="ignore"):
        return (values * _MIX) >> np.uint64(64 - _BITS)


def _telling_offsets(needle: bytes) -> Iterator[int]:
    """Yield, for each alignment, the offset of the piece that says most: of most unlike bytes."""
    last = len(needle) - _PIECE
    for shift in range(_PIECE):
        offsets = range(shift, last + 1, _PIECE)[:_LOOKED_AT]
        yield max(offsets, key=lambda offset: len(set(needle[offset : offset + _PIECE])))
