"""The vectors of texts that were encoded lately, found again by the exact text."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

from assistant.retrieval.embedder import Vectors


class VectorCache:
    """A least-recently-used cache that any thread may use.

    The key is a digest of the text, so that no customer's words stay in it.
    """

    def __init__(self, *, size: int) -> None:
        """Keep at most ``size`` vectors."""
        self._size = size
        self._rows: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, texts: Sequence[str]) -> list[Vectors | None]:
        """Return the vector of each text, shape (dimensions,), or None where it is not known."""
        keys = [_key(text) for text in texts]
        with self._lock:
            rows = [self._rows.get(key) for key in keys]
            for key in keys:
                if key in self._rows:
                    self._rows.move_to_end(key)
        return rows

    def keep(self, text: str, row: Vectors) -> None:
        """Keep a copy of ``row``, dropping what was asked for longest ago."""
        with self._lock:
            self._rows[_key(text)] = row.copy()
            while len(self._rows) > self._size:
                self._rows.popitem(last=False)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._rows.clear()


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
