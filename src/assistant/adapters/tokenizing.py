"""Texts as the token tensors that an exported model takes, without transformers."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.adapters.encodable_text import encodable
from assistant.adapters.model_files import ModelFiles
from assistant.core.errors import ConfigurationError

_DEFAULT_WINDOW = 512


class TokenFeed:
    """Makes one padded batch of texts at a time."""

    def __init__(self, *, files: ModelFiles, runtime: str) -> None:
        """Load the model's own tokenizer; ``runtime`` is the setting's value that needs it.

        Raises:
            ConfigurationError: the model has none in the form that is read here.
        """
        from tokenizers import Tokenizer  # noqa: PLC0415  # slow to import, needed here only

        path = files.folder / "tokenizer.json"
        if not path.is_file():
            raise ConfigurationError(
                f"the embedding model {files.name!r} has no tokenizer.json, which "
                f"ASSISTANT_EMBEDDING_RUNTIME={runtime} needs; use the runtime `torch`"
            )
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.enable_truncation(max_length=_window(files))
        token = _pad_token(files)
        pad = self._tokenizer.token_to_id(token) or 0
        self._tokenizer.enable_padding(pad_id=pad, pad_token=token)

    def of(self, texts: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        """Return the tensors by name, each of shape (len(texts), tokens of the longest)."""
        encodings = self._tokenizer.encode_batch_fast([encodable(text) for text in texts])
        every = {
            "input_ids": [encoding.ids for encoding in encodings],
            "attention_mask": [encoding.attention_mask for encoding in encodings],
            "token_type_ids": [encoding.type_ids for encoding in encodings],
        }
        return {name: np.array(rows, np.int64) for name, rows in every.items()}


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
