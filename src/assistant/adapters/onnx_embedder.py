"""Embeds with ONNX Runtime: the same numbers as torch in less than half the time.

Once the graph is exported (see ``onnx_export``) neither torch nor sentence-transformers is imported
any more, so that a server starts in about a second.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.adapters.encodable_text import encodable
from assistant.adapters.model_files import ModelFiles
from assistant.adapters.onnx_export import VARIANT, export_graph, find_graph
from assistant.core.errors import ConfigurationError
from assistant.core.threads import limit_to_one_thread
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.length_batches import batches_by_length

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

_DEFAULT_WINDOW = 512


class OnnxEmbedder:
    """An ``Embedder`` over an exported graph, with one thread."""

    def __init__(self, *, files: ModelFiles, cache_folder: Path) -> None:
        """Load the graph, exporting it first if ``cache_folder`` has no sound copy of it.

        Raises:
            ConfigurationError: a package of the extra ``onnx`` or a file of the model is missing.
        """
        limit_to_one_thread()
        self._tokenizer = _load_tokenizer(files)
        self._session = _open_session(find_graph(files, cache_folder), files, cache_folder)
        self._inputs = [entry.name for entry in self._session.get_inputs()]
        self.identity = f"{files.name}:{files.fingerprint[:16]}:{VARIANT}"
        self.dimensions = int(self._session.get_outputs()[0].shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text; see ``Embedder``."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for batch in batches_by_length(texts):
            vectors[batch] = self._forward([encodable(texts[position]) for position in batch])
        return vectors

    def _forward(self, texts: list[str]) -> Vectors:
        encodings = self._tokenizer.encode_batch_fast(texts)
        every = {
            "input_ids": [encoding.ids for encoding in encodings],
            "attention_mask": [encoding.attention_mask for encoding in encodings],
            "token_type_ids": [encoding.type_ids for encoding in encodings],
        }
        feed = {name: np.array(every[name], np.int64) for name in self._inputs}
        rows: Vectors = self._session.run(None, feed)[0]
        return rows


def _open_session(graph: Path | None, files: ModelFiles, cache_folder: Path) -> "InferenceSession":
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
    path = graph or export_graph(files, cache_folder)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _load_tokenizer(files: ModelFiles) -> "Tokenizer":
    from tokenizers import Tokenizer  # noqa: PLC0415  # slow to import, needed here only

    path = files.folder / "tokenizer.json"
    if not path.is_file():
        raise ConfigurationError(
            f"the embedding model {files.name!r} has no tokenizer.json, which "
            "ASSISTANT_EMBEDDING_RUNTIME=onnx needs; use the runtime `torch`"
        )
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(max_length=_window(files))
    token = _pad_token(files)
    tokenizer.enable_padding(pad_id=tokenizer.token_to_id(token) or 0, pad_token=token)
    return tokenizer


def _window(files: ModelFiles) -> int:
    """Return how many tokens the model reads, as its own settings say."""
    found = _json(files, "sentence_bert_config.json").get("max_seq_length")
    return found if isinstance(found, int) else _DEFAULT_WINDOW


def _pad_token(files: ModelFiles) -> str:
    found = _json(files, "tokenizer_config.json").get("pad_token", "[PAD]")
    return str(found["content"] if isinstance(found, dict) else found)


def _json(files: ModelFiles, name: str) -> dict[str, Any]:
    path = files.folder / name
    if not path.is_file():
        return {}
    content = json.loads(path.read_text("utf-8"))
    return content if isinstance(content, dict) else {}
