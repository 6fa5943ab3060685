"""Converts a sentence-transformers model for OpenVINO, into one file.

The file is a zip archive, stored, of the two that OpenVINO writes: the graph and its weights.
"""

import contextlib
import io
import logging
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

from assistant.adapters.graph_cache import GraphCache
from assistant.adapters.model_files import ModelFiles
from assistant.adapters.openvino_runtime import import_quietly
from assistant.adapters.whole_model import load_whole_model

VARIANT = "openvino-bf16"
_GRAPH, _WEIGHTS = "model.xml", "model.bin"


def graphs_in(folder: Path) -> GraphCache:
    """Return where the graphs of this runtime are kept."""
    return GraphCache(folder, VARIANT, ".zip")


def export_graph(files: ModelFiles, target: Path) -> None:
    """Convert the model with pooling and normalisation to ``target``; takes a few seconds.

    The weights stay fp32 on disk; it is the compiled model that computes in bfloat16.

    Raises:
        ConfigurationError: OpenVINO is not installed.
    """
    openvino = import_quietly("openvino")
    frontends = import_quietly("openvino.frontend")
    decoders = import_quietly("openvino.frontend.pytorch.ts_decoder")
    whole = load_whole_model(files)
    with _silence():
        decoder = decoders.TorchScriptPythonDecoder(whole.module, example_input=whole.example)
        frontend = frontends.FrontEndManager().load_by_framework("pytorch")
        model = frontend.convert(frontend.load(decoder))
    for place, name in zip(model.inputs, whole.names, strict=True):
        place.get_tensor().set_names({name})
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        openvino.save_model(model, str(Path(folder) / _GRAPH), compress_to_fp16=False)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name in (_GRAPH, _WEIGHTS):
                archive.write(Path(folder) / name, name)


def read_graph(path: Path) -> tuple[bytes, bytes]:
    """Return the graph and the weights of a file that ``export_graph`` wrote."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(_GRAPH), archive.read(_WEIGHTS)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep to itself what tracing says of branches and attributes that do not matter here."""
    loggers = [logging.getLogger(name) for name in ("transformers", "sentence_transformers")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
