"""Picks the embedder that the settings name."""

import logging
from pathlib import Path

from assistant.adapters.model_files import ModelFiles, find_model
from assistant.adapters.onnx_embedder import OnnxEmbedder
from assistant.adapters.openvino_embedder import OpenVinoEmbedder
from assistant.adapters.sentence_transformer_embedder import SentenceTransformerEmbedder
from assistant.core.errors import ConfigurationError
from assistant.core.threads import limit_to_one_thread
from assistant.retrieval.embedder import Embedder
from assistant.retrieval.encoding import EncodingService
from assistant.settings import Settings

_log = logging.getLogger(__name__)


def open_embedder(settings: Settings) -> Embedder:
    """Load the model; takes seconds, and some ten more where it is exported for the first time.

    ``auto`` takes the first of OpenVINO, ONNX Runtime and sentence-transformers that is installed
    and can run the model on this processor, with a notice of each that cannot: all run the same
    weights, each slower than the one before.

    Raises:
        ModelMismatch: the weights are not the expected ones.
        ConfigurationError: there is no such model, or the runtime that is set is not installed.
    """
    limit_to_one_thread()
    files = find_model(settings.embedding_model, expected_sha256=settings.embedding_sha256)
    if settings.embedding_runtime != "auto":
        return _open(settings.embedding_runtime, files, settings.data_dir)
    for runtime in ("openvino", "onnx"):
        try:
            return _open(runtime, files, settings.data_dir)
        except Exception as error:  # an exporter fails in as many ways as there are models
            reason = error if isinstance(error, ConfigurationError) else type(error).__name__
            _log.warning("texts are not encoded by %s, but slower (%s)", runtime, reason)
    return _open("torch", files, settings.data_dir)


def _open(runtime: str, files: ModelFiles, data_dir: Path) -> Embedder:
    cache_folder = data_dir / "models"
    if runtime == "openvino":
        return OpenVinoEmbedder(files=files, cache_folder=cache_folder)
    if runtime == "onnx":
        return OnnxEmbedder(files=files, cache_folder=cache_folder)
    return SentenceTransformerEmbedder(files=files)


def open_encoding(settings: Settings) -> EncodingService:
    """Return the encoder of the settings' model, for commands that need nothing else; close it."""
    return EncodingService(embedder=open_embedder(settings))
