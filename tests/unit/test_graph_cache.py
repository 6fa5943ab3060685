"""Finding an exported model again, and not trusting a damaged one."""

import hashlib
from pathlib import Path

import pytest

from assistant.adapters.graph_cache import GraphCache
from assistant.adapters.model_files import ModelFiles

FILES = ModelFiles(name="tiny", folder=Path("nowhere"), sha256="0" * 64, fingerprint="f" * 64)


def cache_in(folder: Path) -> GraphCache:
    return GraphCache(folder, "onnx-fp32", ".onnx")


def put_graph(folder: Path, content: bytes, *, fingerprint: str = "f" * 16) -> Path:
    path = folder / f"{fingerprint}-onnx-fp32-{hashlib.sha256(content).hexdigest()}.onnx"
    path.write_bytes(content)
    return path


def export(files: ModelFiles, target: Path) -> None:
    target.write_bytes(b"made of " + files.name.encode())


def not_wanted(files: ModelFiles, target: Path) -> None:
    raise AssertionError((files, target))


def test_sound_graph_is_found(tmp_path: Path) -> None:
    graph = put_graph(tmp_path, b"graph")

    assert cache_in(tmp_path).find(FILES) == graph
    assert cache_in(tmp_path).find_or_make(FILES, not_wanted) == graph


@pytest.mark.parametrize("damage", [b"grap", b"grapi", b""])
def test_damaged_graph_is_removed_and_made_anew(tmp_path: Path, damage: bytes) -> None:
    graph = put_graph(tmp_path, b"graph")
    graph.write_bytes(damage)

    made = cache_in(tmp_path).find_or_make(FILES, export)

    assert not graph.exists()
    assert made.read_bytes() == b"made of tiny"
    assert cache_in(tmp_path).find(FILES) == made


def test_graph_of_another_model_or_variant_is_left_alone(tmp_path: Path) -> None:
    other = put_graph(tmp_path, b"graph", fingerprint="e" * 16)

    assert cache_in(tmp_path).find(FILES) is None
    assert GraphCache(tmp_path, "onnx-int8", ".onnx").find(FILES) is None
    assert other.exists()


def test_missing_cache_folder_is_made_for_the_first_graph(tmp_path: Path) -> None:
    cache = cache_in(tmp_path / "missing")

    assert cache.find(FILES) is None
    assert cache.find_or_make(FILES, export).parent == tmp_path / "missing"


def test_failed_export_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(files: ModelFiles, target: Path) -> None:
        target.write_bytes(b"half")
        raise RuntimeError(files.name)

    with pytest.raises(RuntimeError, match="tiny"):
        cache_in(tmp_path).find_or_make(FILES, fail)

    assert list(tmp_path.iterdir()) == []
