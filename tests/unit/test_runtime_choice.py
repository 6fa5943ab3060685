"""Which runtime encodes: the fastest that works here, with a notice of each that does not."""

import logging
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest
from tests.fakes.embedder import HashingEmbedder

from assistant.adapters import openvino_runtime
from assistant.bootstrap import embedding
from assistant.core.errors import ConfigurationError
from assistant.retrieval.embedder import Embedder
from assistant.settings import Settings


class Opened:
    """Stands for the runtimes: remembers what was tried, and opens what ``works``."""

    def __init__(self, *works: str) -> None:
        self.works = works
        self.tried: list[str] = []

    def __call__(self, runtime: str, *_: object) -> Embedder:
        self.tried.append(runtime)
        if runtime not in self.works:
            raise ConfigurationError(f"{runtime} is not installed")
        return HashingEmbedder()


@pytest.mark.parametrize(
    ("works", "tried"),
    [
        (("openvino", "onnx", "torch"), ["openvino"]),
        (("onnx", "torch"), ["openvino", "onnx"]),
        (("torch",), ["openvino", "onnx", "torch"]),
    ],
)
def test_auto_takes_the_first_that_works_and_tells_of_the_others(
    works: tuple[str, ...],
    tried: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    opened = Opened(*works)
    monkeypatch.setattr(embedding, "_open", opened)

    with caplog.at_level(logging.WARNING):
        embedding.open_embedder(Settings(data_dir=tmp_path))

    assert opened.tried == tried
    notices = [record.getMessage() for record in caplog.records]
    assert len(notices) == len(tried) - 1
    assert all(f"by {name}," in said for name, said in zip(tried[:-1], notices, strict=True))


@pytest.mark.parametrize("runtime", ["openvino", "onnx", "torch"])
def test_a_runtime_that_is_set_is_taken_or_refused(
    runtime: Literal["openvino", "onnx", "torch"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Opened()
    monkeypatch.setattr(embedding, "_open", opened)

    with pytest.raises(ConfigurationError, match=runtime):
        embedding.open_embedder(Settings(data_dir=tmp_path, embedding_runtime=runtime))

    assert opened.tried == [runtime]


def test_a_processor_without_bfloat16_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    core = SimpleNamespace(get_property=lambda *_: ["FP32", "INT8"])
    monkeypatch.setattr(
        openvino_runtime, "import_quietly", lambda _: SimpleNamespace(Core=lambda: core)
    )

    with pytest.raises(ConfigurationError, match="bfloat16"):
        openvino_runtime.open_core()


def test_a_missing_package_is_named_with_what_installs_it() -> None:
    with pytest.raises(ConfigurationError, match=r"reciprocal-assistant\[openvino\]"):
        openvino_runtime.import_quietly("openvino_that_is_not_there")


def test_openvino_is_imported_without_what_reports_its_use() -> None:
    pytest.importorskip("openvino")
    code = (
        "import sys\n"
        "from assistant.adapters.openvino_runtime import import_quietly\n"
        "for name in ('openvino', 'openvino.frontend.pytorch.ts_decoder'):\n"
        "    import_quietly(name)\n"
        "names = ('openvino_telemetry', 'openvino.tools.ovc')\n"
        "print(sorted(m for m in sys.modules if m.startswith(names)), 'openvino' in sys.modules)"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[] True"
