"""Embeds with ONNX Runtime: the same numbers as torch in less than half the time.

Once the graph is exported (see ``onnx_export``) neither torch nor sentence-transformers is imported
any more, so that a server starts in about a second.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.adapters.model_files import ModelFiles
from assistant.adapters.onnx_export import VARIANT, export_graph, graphs_in
from assistant.adapters.tokenizing import TokenFeed
from assistant.core.errors import ConfigurationError
from assistant.core.threads import limit_to_one_thread
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.length_batches import batches_by_length

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

RUNTIME = "onnx"


class OnnxEmbedder:
    """An ``Embedder`` over an exported graph, with one thread."""

    def __init__(self, *, files: ModelFiles, cache_folder: Path) -> None:
        """Load the graph, exporting it first if ``cache_folder`` has no sound copy of it.

        Raises:
            ConfigurationError: a package of the extra ``onnx`` or a file of the model is missing.
        """
        limit_to_one_thread()
        self._feed = TokenFeed(files=files, runtime=RUNTIME)
        self._session = _open_session(files, cache_folder)
        self._inputs = [entry.name for entry in self._session.get_inputs()]
        self.identity = f"{files.name}:{files.fingerprint[:16]}:{VARIANT}"
        self.dimensions = int(self._session.get_outputs()[0].shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text; see ``Embedder``."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for batch in batches_by_length(texts):
            feed = self._feed.of([texts[position] for position in batch])
            rows = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
            vectors[batch] = rows
        return vectors


def _open_session(files: ModelFiles, cache_folder: Path) -> "InferenceSession":
    try:
        import onnxruntime  # noqa: PLC0415  # an optional package
    except ImportError as error:
        raise ConfigurationError(
            "ASSISTANT_EMBEDDING_RUNTIME=onnx needs the packages of the extra `onnx`: "
            "pip install 'reciprocal-assistant[onnx]'"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    path = graphs_in(cache_folder).find_or_make(files, export_graph)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
