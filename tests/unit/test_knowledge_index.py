"""The knowledge index: both arms, sentence vectors, and the same again from disk."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.fakes.embedder import HashingEmbedder
from tests.passage_parts import make_passage

from assistant.core.errors import IndexDamaged
from assistant.retrieval import knowledge_index
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.indexing import index_passages
from assistant.retrieval.knowledge_index import KnowledgeIndex

TEXTS = [f"Passage {n} is about subject {n % 7}. It has {n} words, e.g. w{n}." for n in range(40)]


@pytest.fixture
def encoding() -> Iterator[EncodingService]:
    service = EncodingService(embedder=HashingEmbedder())
    yield service
    service.close()


@pytest.fixture
def index(encoding: EncodingService) -> KnowledgeIndex:
    passages = [make_passage(text, number=n) for n, text in enumerate(TEXTS)]
    return index_passages(passages, encoding=encoding, generation="g")[0]


def test_vector_arm_ranks_by_cosine(index: KnowledgeIndex) -> None:
    embedder = HashingEmbedder()
    vector = embedder.encode(["subject 3"])[0]
    every = embedder.encode([passage.embedded_text for passage in index.passages]) @ vector

    rows, scores = index.vector_arm(vector, 5)

    np.testing.assert_allclose(scores, np.sort(every)[::-1][:5], atol=1e-5)
    np.testing.assert_allclose(every[rows], scores, atol=1e-5)
    np.testing.assert_allclose(index.vector_scores(vector, rows), scores, atol=1e-5)


def test_arms_give_no_more_than_there_is(index: KnowledgeIndex) -> None:
    vector = HashingEmbedder().encode(["subject"])[0]

    assert index.vector_arm(vector, 1000)[0].size == 40
    assert index.vector_arm(vector, 0)[0].size == 0
    assert index.lexical_arm("w13", 1000)[0].tolist() == [13]
    assert index.lexical_scores("w13").argmax() == 13


def test_sentence_vectors_are_near_what_was_embedded(index: KnowledgeIndex) -> None:
    exact = HashingEmbedder().encode(index.passages[9].sentence_texts)

    kept = index.sentence_vectors(9)

    assert kept.shape == (2, 64)
    np.testing.assert_allclose(np.linalg.norm(kept, axis=1), 1, atol=1e-5)
    assert float((kept * exact).sum(axis=1).min()) > 0.999


def test_saved_index_opens_as_the_same(index: KnowledgeIndex, tmp_path: Path) -> None:
    vector = HashingEmbedder().encode(["subject 3"])[0]
    index.save(tmp_path)

    opened = KnowledgeIndex.open(tmp_path, generation="g", embedder=index.embedder)

    assert opened.passages == index.passages
    np.testing.assert_array_equal(opened.vector_arm(vector, 9)[0], index.vector_arm(vector, 9)[0])
    np.testing.assert_array_equal(
        opened.lexical_scores("subject 3"), index.lexical_scores("subject 3")
    )
    np.testing.assert_array_equal(opened.sentence_vectors(39), index.sentence_vectors(39))


def test_empty_index_answers_and_opens_again(encoding: EncodingService, tmp_path: Path) -> None:
    empty, embedded = index_passages([], encoding=encoding, generation="g")
    empty.save(tmp_path)
    opened = KnowledgeIndex.open(tmp_path, generation="g", embedder="e")

    assert embedded == 0
    for index in (empty, opened):
        assert index.vector_arm(np.ones(64, np.float32), 5)[0].size == 0
        assert index.lexical_arm("kettle", 5)[0].size == 0


def test_parts_that_do_not_fit_are_damage(index: KnowledgeIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    lines = (tmp_path / "passages.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "passages.jsonl").write_bytes(b"".join(lines[:-1]))

    with pytest.raises(IndexDamaged, match="40 vectors for 39 passages"):
        KnowledgeIndex.open(tmp_path, generation="g", embedder="e")


def test_large_index_finds_nearly_the_same(
    encoding: EncodingService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passages = [
        make_passage(f"w{n} v{n % 31} u{n % 57}", number=n, title=f"T{n % 11}") for n in range(600)
    ]
    exact = index_passages(passages, encoding=encoding, generation="exact")[0]
    monkeypatch.setattr(knowledge_index, "EXACT_LIMIT", 100)
    built = index_passages(passages, encoding=encoding, generation="graph")[0]
    built.save(tmp_path)
    graph = KnowledgeIndex.open(tmp_path, generation="graph", embedder="e")
    questions = HashingEmbedder().encode([f"v{n} u{n}" for n in range(20)])

    found = sum(
        len(set(graph.vector_arm(q, 10)[0].tolist()) & set(exact.vector_arm(q, 10)[0].tolist()))
        for q in questions
    )

    assert found >= 170
    again = index_passages(passages, encoding=encoding, generation="g3", known=built)[0]
    rows = np.arange(600)
    np.testing.assert_array_equal(again.vectors_of(rows), built.vectors_of(rows))
