"""Few-shot examples beside the code that uses them: texts in a file, vectors encoded once at start.

A file maps kinds to texts; ``other`` is what sounds alike and is none of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
import yaml

from assistant.retrieval.embedder import Vectors

OTHER = "other"


@dataclass(frozen=True, slots=True)
class ExampleVectors:
    """Examples with their kinds; ``vectors`` has the shape (examples, dimensions), unit rows."""

    kinds: tuple[str, ...] = ()
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to compare with."""
        return not self.kinds

    def likeness(self, vector: Vectors, kinds: Sequence[str]) -> Mapping[str, float]:
        """Return for each of ``kinds`` the cosine of ``vector`` to its nearest example."""
        cosines = self.vectors @ vector
        best = dict.fromkeys(kinds, -1.0)
        for kind, cosine in zip(self.kinds, cosines, strict=True):
            if kind in best:
                best[kind] = max(best[kind], float(cosine))
        return best


NO_EXAMPLES = ExampleVectors()


@cache
def read_examples(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return kinds and texts of the examples file ``name``, for encoding at start."""
    source = files("assistant.dialogue").joinpath("examples", f"{name}.yaml")
    examples: dict[str, list[str]] = yaml.safe_load(source.read_text(encoding="utf-8"))
    pairs = [(kind, text) for kind, texts in examples.items() for text in texts]
    return tuple(kind for kind, _ in pairs), tuple(text for _, text in pairs)
