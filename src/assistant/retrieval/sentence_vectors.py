"""The vectors of all sentences of an index, at a quarter of their size.

Answers are cut from the few best passages, so of many thousand sentence vectors a turn touches
some thirty. They are kept as int8 and unpacked when asked for. No scale is kept beside the codes: a
unit vector is its direction, and normalising the codes gives it back. The file is loaded rather
than mapped, for a mapped file that is cut short ends the process that reads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.retrieval.embedder import Vectors

Codes = NDArray[np.int8]
_CODES, _STARTS = "sentence_codes.npy", "sentence_starts.npy"


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """Rows ``starts[i]:starts[i + 1]`` of ``codes`` belong to passage ``i``."""

    codes: Codes
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, codes: Codes, sizes: Sequence[int]) -> "SentenceVectors":
        """Divide ``codes`` among passages that have ``sizes`` sentences."""
        return cls(codes, np.cumsum([0, *sizes]).astype(np.int64))

    @classmethod
    def open(cls, folder: Path) -> "SentenceVectors":
        """Load the files that ``save`` wrote."""
        return cls(np.load(folder / _CODES), np.load(folder / _STARTS))

    def save(self, folder: Path) -> None:
        """Write both files into ``folder``."""
        np.save(folder / _CODES, self.codes)
        np.save(folder / _STARTS, self.starts)

    def of_passage(self, row: int) -> Vectors:
        """Return the unit vectors of one passage's sentences, shape (sentences, dimensions)."""
        part = self.codes[int(self.starts[row]) : int(self.starts[row + 1])].astype(np.float32)
        unit: Vectors = part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9)
        return unit


def to_codes(vectors: Vectors) -> Codes:
    """Return each row of ``vectors`` as int8, stretched so that its largest part is 127."""
    largest = np.abs(vectors).max(axis=1, initial=1e-9, keepdims=True)
    codes: Codes = np.rint(vectors * (127 / largest)).astype(np.int8)
    return codes
