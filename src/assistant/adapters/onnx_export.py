"""Exports a sentence-transformers model to one ONNX graph, and finds the export again.

The name of a cached graph carries the fingerprint of the model and the SHA-256 of the file itself,
so that a damaged graph is exported anew instead of answering with wrong vectors, and a process that
exports at the same time replaces it by the same file.
"""

import contextlib
import importlib.util
import io
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.adapters.model_files import ModelFiles, weights_sha256
from assistant.adapters.sentence_transformer_embedder import load_sentence_transformer
from assistant.core.errors import ConfigurationError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

VARIANT = "onnx-fp32"
OUTPUT = "sentence_embedding"


def find_graph(files: ModelFiles, cache_folder: Path) -> Path | None:
    """Return the sound cached graph of this model, or None; damaged copies are removed."""
    for path in sorted(cache_folder.glob(f"{_stem(files)}-*.onnx")):
        if path.stem.rpartition("-")[2] == weights_sha256(path):
            return path
        path.unlink(missing_ok=True)
    return None


def export_graph(files: ModelFiles, cache_folder: Path) -> Path:
    """Export the model with pooling and normalisation into ``cache_folder``, and return the file.

    Takes some ten seconds. The file appears under its name only when it is complete and on disk.

    Raises:
        ConfigurationError: the packages of the extra ``onnx`` are not installed.
    """
    cache_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_folder, prefix=".export-") as folder:
        made = Path(folder) / "model.onnx"
        _export(load_sentence_transformer(files), made)
        with made.open("rb") as file:
            os.fsync(file.fileno())
        target = cache_folder / f"{_stem(files)}-{weights_sha256(made)}.onnx"
        made.replace(target)
    return target


def _stem(files: ModelFiles) -> str:
    return f"{files.fingerprint[:16]}-{VARIANT}"


def _export(model: "SentenceTransformer", target: Path) -> None:
    _require_exporter()
    import torch  # noqa: PLC0415  # loaded with the model

    class Graph(torch.nn.Module):  # type: ignore[misc]  # torch is not followed by mypy
        """The whole model as a function of tensors, in the order of ``names``."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            features = self.model(dict(zip(names, tensors, strict=True)))
            return torch.nn.functional.normalize(features[OUTPUT], dim=1)

    # Two rows and several columns: with one of either the exporter would fix that size.
    example = model.preprocess(["an example of one text", "and of another, somewhat longer one"])
    names = [name for name, value in example.items() if isinstance(value, torch.Tensor)]
    free = {0: torch.export.Dim("texts", max=4096), 1: torch.export.Dim("tokens", max=8192)}
    with _silence():
        torch.onnx.export(
            Graph().eval(),
            tuple(example[name] for name in names),
            str(target),
            input_names=names,
            output_names=[OUTPUT],
            dynamic_shapes=[tuple(free for _ in names)],
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def _require_exporter() -> None:
    if importlib.util.find_spec("onnxscript") is None:
        raise ConfigurationError(
            "ASSISTANT_EMBEDDING_RUNTIME=onnx needs the packages of the extra `onnx`: "
            "pip install 'reciprocal-assistant[onnx]'"
        )


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep to itself what the exporter says of packages it does not need."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
