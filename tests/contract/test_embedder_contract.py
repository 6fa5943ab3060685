"""What every embedder promises, checked on the fake and on the real ones alike."""

from pathlib import Path

import numpy as np
import pytest
from tests.fakes.embedder import HashingEmbedder

from assistant.core.errors import ConfigurationError
from assistant.retrieval.embedder import Embedder

REAL = ("sentence_transformers", "onnx", "openvino")


@pytest.fixture(scope="module")
def graph_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("graphs")


def make_real(kind: str, graph_folder: Path) -> Embedder:
    from assistant.adapters.model_files import find_model  # noqa: PLC0415  # only where asked for
    from assistant.adapters.onnx_embedder import OnnxEmbedder  # noqa: PLC0415
    from assistant.adapters.openvino_embedder import OpenVinoEmbedder  # noqa: PLC0415
    from assistant.adapters.sentence_transformer_embedder import (  # noqa: PLC0415
        SentenceTransformerEmbedder,
    )

    if kind == "onnx":
        pytest.importorskip("onnxruntime")
        return OnnxEmbedder(files=find_model(), cache_folder=graph_folder)
    if kind == "openvino":
        pytest.importorskip("openvino")
        try:
            return OpenVinoEmbedder(files=find_model(), cache_folder=graph_folder)
        except ConfigurationError as error:  # where the processor has no bfloat16
            pytest.skip(str(error))
    return SentenceTransformerEmbedder(files=find_model())


@pytest.fixture(
    scope="module",
    params=["fake", *(pytest.param(kind, marks=pytest.mark.model) for kind in REAL)],
)
def embedder(request: pytest.FixtureRequest, graph_folder: Path) -> Embedder:
    if request.param == "fake":
        return HashingEmbedder()
    return make_real(request.param, graph_folder)


@pytest.fixture(scope="module", params=REAL[1:])
def real_pair(request: pytest.FixtureRequest, graph_folder: Path) -> tuple[Embedder, Embedder]:
    return make_real(REAL[0], graph_folder), make_real(request.param, graph_folder)


def test_each_text_gets_one_unit_row_in_order(embedder: Embedder) -> None:
    texts = ["Where is my kettle?", "a " * 700, "x", "Refunds take five days."]

    together = embedder.encode(texts)

    assert together.shape == (4, embedder.dimensions)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row, text in zip(together, texts, strict=True):
        assert float(row @ embedder.encode([text])[0]) > 0.9999


def test_no_text_gives_no_row(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, embedder.dimensions)


@pytest.mark.parametrize(
    "text", ["", "\0", "\ud800 broken", "日本語", "☕" * 50, " \n\t", "e\u0301" * 2000]
)
def test_any_string_gets_a_finite_unit_row(embedder: Embedder, text: str) -> None:
    row = embedder.encode([text])[0]

    assert np.isfinite(row).all()
    assert float(np.linalg.norm(row)) == pytest.approx(1, abs=1e-5)


def test_equal_texts_are_nearer_than_others(embedder: Embedder) -> None:
    asked, same, other = embedder.encode(
        ["How do I return a kettle?", "How can I return my kettle?", "Opening hours on Sunday"]
    )

    assert asked @ same > asked @ other


def test_identity_names_model_and_variant(embedder: Embedder) -> None:
    assert embedder.identity
    assert embedder.identity == embedder.identity.strip()


@pytest.mark.model
def test_both_runtimes_give_the_same_vectors(real_pair: tuple[Embedder, Embedder]) -> None:
    texts = ["Where is my kettle?", "", "long " * 500, "naïve café ☕", "Order W123 was late."]
    torch, exported = real_pair

    assert float((torch.encode(texts) * exported.encode(texts)).sum(axis=1).min()) > 0.9999
    assert torch.identity != exported.identity


@pytest.mark.model
def test_lean_path_gives_what_the_library_gives(real_pair: tuple[Embedder, Embedder]) -> None:
    texts = ["Where is my kettle?", "", "long " * 500, "Order W123 was late."]
    lean = real_pair[0]

    plain = lean._model.encode(texts, normalize_embeddings=True)  # type: ignore[attr-defined]

    assert float((lean.encode(texts) * plain).sum(axis=1).min()) > 0.99999
