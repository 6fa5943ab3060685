"""Vectors kept between evaluation runs, so that a set is embedded once per model.

Two append-only files per embedder identity: the SHA-256 of each text, and its vector in the same
row. Public data sets only: a customer's texts never pass through here.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.retrieval.embedder import Embedder, Vectors

_DIGEST = 32


class CachedEmbedder:
    """An ``Embedder`` that asks another one only for texts it has not seen before."""

    def __init__(self, *, embedder: Embedder, folder: Path) -> None:
        """Open, or begin, the files of ``embedder.identity`` in ``folder``."""
        self.identity = embedder.identity
        self.dimensions = embedder.dimensions
        self._embedder = embedder
        folder.mkdir(parents=True, exist_ok=True)
        stem = hashlib.sha256(embedder.identity.encode()).hexdigest()[:16]
        self._keys_file = folder / f"{stem}.keys"
        self._rows_file = folder / f"{stem}.rows"
        self._vectors: dict[bytes, Vectors] = self._load()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text, from the files where they have it."""
        digests = [hashlib.sha256(text.encode()).digest() for text in texts]
        missing = {
            digest: text
            for digest, text in zip(digests, texts, strict=True)
            if digest not in self._vectors
        }
        if missing:
            self._add(list(missing), self._embedder.encode(list(missing.values())))
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        return np.stack([self._vectors[digest] for digest in digests])

    def _add(self, digests: Sequence[bytes], vectors: Vectors) -> None:
        self._vectors.update(zip(digests, vectors, strict=True))
        with self._rows_file.open("ab") as rows:
            rows.write(np.ascontiguousarray(vectors, np.float32).tobytes())
        with self._keys_file.open("ab") as keys:
            keys.write(b"".join(digests))

    def _load(self) -> dict[bytes, Vectors]:
        if not (self._keys_file.exists() and self._rows_file.exists()):
            return {}
        keys = self._keys_file.read_bytes()
        rows = np.fromfile(self._rows_file, np.float32)
        count = min(len(keys) // _DIGEST, rows.size // self.dimensions)
        # A run that was cut off may have left rows without keys: begin again from the whole part.
        rows = rows[: count * self.dimensions].reshape(count, self.dimensions)
        self._keys_file.write_bytes(keys[: count * _DIGEST])
        self._rows_file.write_bytes(rows.tobytes())
        return {keys[i * _DIGEST : (i + 1) * _DIGEST]: rows[i] for i in range(count)}
