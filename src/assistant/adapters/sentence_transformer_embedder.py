"""Embeds with sentence-transformers, the default: every model of that library, on the CPU."""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from assistant.adapters.encodable_text import encodable
from assistant.adapters.model_files import ModelFiles
from assistant.adapters.traced_transformer import TracedTransformer
from assistant.core.threads import limit_to_one_thread
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.length_batches import batches_by_length

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

_log = logging.getLogger(__name__)


class SentenceTransformerEmbedder:
    """An ``Embedder`` over a sentence-transformers model.

    ``SentenceTransformer.encode`` spends a seventh of its time on a short text outside the model,
    and half of the rest between the operations; here its own tokenizer and modules run, the first
    of them traced where it can be, which gives the same numbers.
    """

    def __init__(self, *, files: ModelFiles) -> None:
        """Load the checked model; takes seconds, for the library is imported here."""
        self._model = load_sentence_transformer(files)
        self._embed = _traced_or_plain(self._model)
        self.identity = f"{files.name}:{files.fingerprint[:16]}:torch-fp32"
        self.dimensions = int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text; see ``Embedder``."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for batch in batches_by_length(texts):
            vectors[batch] = self._forward([encodable(texts[position]) for position in batch])
        return vectors

    def _forward(self, texts: list[str]) -> Vectors:
        # The module is in ``sys.modules`` since the constructor; the import costs nothing here.
        import torch  # noqa: PLC0415

        with torch.inference_mode():
            vectors = torch.nn.functional.normalize(self._embed(texts), dim=1)
            rows: Vectors = vectors.to(torch.float32).numpy()
            return rows


def _traced_or_plain(model: "SentenceTransformer") -> Callable[[list[str]], "Tensor"]:
    """Return what embeds texts with ``model``: its trace, or, where it has none, its modules."""
    try:
        return TracedTransformer(model=model).embed
    except Exception as error:  # tracing fails in as many ways as there are models
        _log.warning("the model runs untraced, which is slower (%s)", type(error).__name__)

    def embed(texts: list[str]) -> "Tensor":
        embeddings: Tensor = model(model.preprocess(texts))["sentence_embedding"]
        return embeddings

    return embed


def load_sentence_transformer(files: ModelFiles) -> "SentenceTransformer":
    """Import torch and sentence-transformers with one thread each, and load ``files``."""
    limit_to_one_thread()
    # Imported here: both take seconds, and nothing but a loaded model needs them.
    import torch  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from transformers.utils import logging as transformers_logging  # noqa: PLC0415

    torch.set_num_threads(1)
    transformers_logging.disable_progress_bar()
    model = SentenceTransformer(str(files.folder), device="cpu", local_files_only=True)
    return model.eval()
