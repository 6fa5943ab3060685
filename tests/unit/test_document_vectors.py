import numpy as np
import pytest
from tests.dialogue_parts import passage

from assistant.core.ids import PassageId
from assistant.retrieval.document_vectors import DocumentVectors
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.passages import Passage

VECTORS = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
ROWS = np.arange(3)


def _passages(*documents: str) -> list[Passage]:
    plain = passage("One.")
    return [
        Passage(PassageId(f"{name}#{row}"), name, name, "", plain.text, plain.sentences)
        for row, name in enumerate(documents)
    ]


def _of(*documents: str) -> DocumentVectors:
    def vectors_of(rows: np.ndarray) -> Vectors:
        return VECTORS[rows]

    return DocumentVectors.of(_passages(*documents), vectors_of, 2)


def test_every_passage_of_a_document_has_the_direction_of_them_all() -> None:
    asked = np.array([1, 0], np.float32)

    scores = _of("returns", "returns", "fees").scores(asked, ROWS, VECTORS @ asked)

    assert scores == pytest.approx([0.5**0.5, 0.5**0.5, 0.6])


def test_passage_that_is_its_whole_document_keeps_its_own_score() -> None:
    asked = np.array([0, 1], np.float32)
    rows = np.array([2, 0])

    scores = _of("a", "b", "c").scores(asked, rows, VECTORS[rows] @ asked)

    assert scores == pytest.approx([0.8, 0.0])


def test_document_is_known_where_it_begins_also_when_passages_are_mixed() -> None:
    assert _of("a", "b", "a").firsts.tolist() == [0, 1, 0]


def test_no_passages_are_no_error() -> None:
    assert _of().scores(VECTORS[0], ROWS[:0], VECTORS[:0, 0]).size == 0
