"""Exports a sentence-transformers model to one ONNX graph."""

import contextlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

from assistant.adapters.graph_cache import GraphCache
from assistant.adapters.model_files import ModelFiles
from assistant.adapters.whole_model import OUTPUT, load_whole_model
from assistant.core.errors import ConfigurationError

VARIANT = "onnx-fp32"


def graphs_in(folder: Path) -> GraphCache:
    """Return where the graphs of this runtime are kept."""
    return GraphCache(folder, VARIANT, ".onnx")


def export_graph(files: ModelFiles, target: Path) -> None:
    """Export the model with pooling and normalisation to ``target``; takes some ten seconds.

    Raises:
        ConfigurationError: the packages of the extra ``onnx`` are not installed.
    """
    _require_exporter()
    whole = load_whole_model(files)
    import torch  # noqa: PLC0415  # loaded with the model

    free = {0: torch.export.Dim("texts", max=4096), 1: torch.export.Dim("tokens", max=8192)}
    with _silence():
        torch.onnx.export(
            whole.module,
            whole.example,
            str(target),
            input_names=whole.names,
            output_names=[OUTPUT],
            dynamic_shapes=[tuple(free for _ in whole.names)],
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
