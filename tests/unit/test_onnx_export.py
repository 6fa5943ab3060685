"""Finding an exported graph again, and not trusting a damaged one."""

import hashlib
from pathlib import Path

import pytest

from assistant.adapters.model_files import ModelFiles
from assistant.adapters.onnx_export import VARIANT, find_graph

FILES = ModelFiles(name="tiny", folder=Path("nowhere"), sha256="0" * 64, fingerprint="f" * 64)


def put_graph(folder: Path, content: bytes, *, fingerprint: str = "f" * 16) -> Path:
    path = folder / f"{fingerprint}-{VARIANT}-{hashlib.sha256(content).hexdigest()}.onnx"
    path.write_bytes(content)
    return path


def test_sound_graph_is_found(tmp_path: Path) -> None:
    graph = put_graph(tmp_path, b"graph")

    assert find_graph(FILES, tmp_path) == graph


@pytest.mark.parametrize("damage", [b"grap", b"grapi", b""])
def test_damaged_graph_is_removed_and_not_used(tmp_path: Path, damage: bytes) -> None:
    graph = put_graph(tmp_path, b"graph")
    graph.write_bytes(damage)

    assert find_graph(FILES, tmp_path) is None
    assert not graph.exists()


def test_graph_of_another_model_is_left_alone(tmp_path: Path) -> None:
    other = put_graph(tmp_path, b"graph", fingerprint="e" * 16)

    assert find_graph(FILES, tmp_path) is None
    assert other.exists()


def test_missing_cache_folder_has_no_graph(tmp_path: Path) -> None:
    assert find_graph(FILES, tmp_path / "missing") is None
