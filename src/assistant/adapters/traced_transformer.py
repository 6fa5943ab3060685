"""The transformer of a sentence-transformers model as one traced call.

Run module by module, a short text spends as long in Python between the operations as in them, and
every operation hands the interpreter lock to and fro, which slows whoever else works meanwhile. A
trace runs all of them in one call without the lock. Weights and numbers are the same: they are
compared when the trace is made.
"""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_EXAMPLE = ["a short text", "another text that is somewhat longer than the first one"]
_PROBES = (
    ["one"],
    ["a question of an ordinary length about an order that has not come"],
    ["word " * 200, "two words", "three of them"],
)
_ALIKE = 0.99999
"""Least cosine between traced and ordinary vectors of the probes."""


class TracedTransformer:
    """Runs a model with its first module traced and the others as they are."""

    def __init__(self, *, model: "SentenceTransformer") -> None:
        """Trace the first module of ``model``.

        Raises:
            RuntimeError: the model is of a kind that cannot be traced, or its trace gives other
                numbers.
        """
        import torch  # noqa: PLC0415 - loaded with the model already

        self._model = model
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            features = model.preprocess(_EXAMPLE)
            self._names = tuple(name for name in _INPUTS if name in features)
            self._traced = torch.jit.trace(
                _hidden_states(model, self._names), self._inputs(features), check_trace=False
            )
        self._compare()

    def embed(self, texts: list[str]) -> "Tensor":
        """Return the model's own embeddings of ``texts``, shape (len(texts), dimensions)."""
        import torch  # noqa: PLC0415 - loaded with the model already

        # Without this, each new shape of input is optimised anew, in the middle of a turn.
        with torch.inference_mode(), torch.jit.optimized_execution(False):  # noqa: FBT003 - its API
            features = self._model.preprocess(texts)
            features["token_embeddings"] = self._traced(*self._inputs(features))
            for module in list(self._model)[1:]:
                features = module(features)
            embeddings: Tensor = features["sentence_embedding"]
            return embeddings

    def _inputs(self, features: dict[str, Any]) -> "tuple[Tensor, ...]":
        return tuple(features[name] for name in self._names)

    def _compare(self) -> None:
        import torch  # noqa: PLC0415 - loaded with the model already

        for probe in _PROBES:
            with torch.inference_mode():
                expected = self._model(self._model.preprocess(probe))["sentence_embedding"]
            alike = torch.nn.functional.cosine_similarity(self.embed(probe), expected).min()
            if float(alike) < _ALIKE:
                raise RuntimeError("the traced model gives other vectors")


def _hidden_states(model: "SentenceTransformer", names: tuple[str, ...]) -> "Callable[..., Tensor]":
    """Return a function from the tensors ``names`` to the states of the last layer."""
    inner = getattr(model[0], "auto_model", None)
    if inner is None:
        raise RuntimeError("the model does not begin with a transformer")
    inner.requires_grad_(requires_grad=False)

    def last_hidden_states(*inputs: "Tensor") -> "Tensor":
        states: Tensor = inner(**dict(zip(names, inputs, strict=True)), return_dict=False)[0]
        return states

    return last_hidden_states
