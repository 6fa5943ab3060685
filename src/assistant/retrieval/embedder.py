"""The port through which texts become vectors, and its one promise: unit rows of fixed width."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (n, dimensions); each row of length 1, so that a dot product is a cosine."""


class Embedder(Protocol):
    """A blocking encoder; ``retrieval.encoding`` runs it off the event loop.

    ``identity`` names model, weights and numeric variant; vectors of different identities are never
    compared, and an index keeps the identity it was built with.
    """

    identity: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text, shape (len(texts), dimensions), float32, in order.

        Texts longer than the model's window are cut at its end. An empty sequence gives an array of
        shape (0, dimensions). Called from one thread at a time.
        """
        ...
