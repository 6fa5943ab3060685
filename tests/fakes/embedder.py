"""An embedder that costs nothing: words and letter triples hashed into a small vector."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from assistant.retrieval.embedder import Vectors


class HashingEmbedder:
    """Fulfils ``retrieval.embedder.Embedder``: equal texts meet, similar spellings come near."""

    def __init__(self, dimensions: int = 64) -> None:
        self.dimensions = dimensions
        self.identity = f"hashing-{dimensions}"
        self.encoded: list[str] = []
        """Every text that was encoded, in order, for tests of caches and batches."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded.extend(texts)
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for piece, weight in _pieces(text):
                digest = hashlib.blake2b(piece.encode(), digest_size=8).digest()
                sign = 1.0 if digest[0] & 1 else -1.0
                row[int.from_bytes(digest[1:], "big") % self.dimensions] += sign * weight
            row[0] += 1e-6  # so that a text without words has a direction too
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


def _pieces(text: str) -> list[tuple[str, float]]:
    words = re.findall(r"\w+", text.lower())
    triples = [f" {word} "[i : i + 3] for word in words for i in range(len(word))]
    return [(word, 1.0) for word in words] + [(triple, 0.3) for triple in triples]
