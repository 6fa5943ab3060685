"""Picks the embedder that the settings name."""

import logging

from assistant.adapters.model_files import find_model
from assistant.adapters.onnx_embedder import OnnxEmbedder
from assistant.adapters.sentence_transformer_embedder import SentenceTransformerEmbedder
from assistant.core.threads import limit_to_one_thread
from assistant.retrieval.embedder import Embedder
from assistant.retrieval.encoding import EncodingService
from assistant.settings import Settings

_log = logging.getLogger(__name__)


def open_embedder(settings: Settings) -> Embedder:
    """Load the model; takes seconds, and some ten more where it is exported for the first time.

    ``auto`` takes ONNX Runtime, which runs the same weights in half the time, and falls back to
    sentence-transformers, with a notice, where it is not installed or cannot run the model.

    Raises:
        ModelMismatch: the weights are not the expected ones.
        ConfigurationError: there is no such model, or the runtime that is set is not installed.
    """
    limit_to_one_thread()
    files = find_model(settings.embedding_model, expected_sha256=settings.embedding_sha256)
    if settings.embedding_runtime == "torch":
        return SentenceTransformerEmbedder(files=files)
    try:
        return OnnxEmbedder(files=files, cache_folder=settings.data_dir / "models")
    except Exception as error:  # an exporter fails in as many ways as there are models
        if settings.embedding_runtime == "onnx":
            raise
        _log.warning(
            "ONNX Runtime is not used (%s); texts are encoded by sentence-transformers, "
            "which is slower",
            type(error).__name__,
        )
        return SentenceTransformerEmbedder(files=files)


def open_encoding(settings: Settings) -> EncodingService:
    """Return the encoder of the settings' model, for commands that need nothing else; close it."""
    return EncodingService(embedder=open_embedder(settings))
