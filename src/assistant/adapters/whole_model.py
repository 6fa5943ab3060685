"""A sentence-transformers model as one function of tensors, ready to be exported."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.adapters.model_files import ModelFiles
from assistant.adapters.sentence_transformer_embedder import load_sentence_transformer

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

OUTPUT = "sentence_embedding"


@dataclass(frozen=True, slots=True)
class WholeModel:
    """``module`` takes the tensors that ``names`` names, shape (texts, tokens), in that order.

    It returns unit vectors, shape (texts, dimensions). ``example`` holds tensors of two texts of
    several tokens: with one of either an exporter would fix that size.
    """

    module: "Module"
    names: tuple[str, ...]
    example: "tuple[Tensor, ...]"


def load_whole_model(files: ModelFiles) -> WholeModel:
    """Load the model with pooling and normalisation."""
    model = load_sentence_transformer(files)
    import torch  # noqa: PLC0415  # loaded with the model

    example = model.preprocess(["an example of one text", "and of another, somewhat longer one"])
    names = tuple(name for name, value in example.items() if isinstance(value, torch.Tensor))

    class Graph(torch.nn.Module):  # type: ignore[misc]  # torch is not followed by mypy
        """The whole model as a function of tensors, in the order of ``names``."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            features = self.model(dict(zip(names, tensors, strict=True)))
            return torch.nn.functional.normalize(features[OUTPUT], dim=1)

    return WholeModel(Graph().eval(), names, tuple(example[name] for name in names))
