import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.history_parts import START, story
from tests.proving import scaled

from assistant.core.errors import SealBroken
from assistant.core.events import HistoryEvent
from assistant.core.ids import EventId
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.history_block import pack_history, unpack_history
from assistant.retrieval.terms import terms


def _vectors(count: int, dimensions: int = 16, seed: int = 3) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _pack(events: list[HistoryEvent], vectors: Vectors) -> bytes:
    return pack_history(
        events, vectors, [terms(each.rendering) for each in events], embedder="model:1"
    )


def test_block_gives_back_every_event() -> None:
    events = story()

    block = unpack_history(_pack(events, _vectors(len(events))))

    assert [block.event(row) for row in range(len(block))] == events
    assert block.embedder == "model:1"
    assert block.categories == tuple(each.category for each in events)


def test_vectors_survive_to_within_a_hundredth() -> None:
    vectors = _vectors(40, 384)
    events = [story()[0]] * 40

    opened = unpack_history(_pack(events, vectors)).vectors()

    cosines = (opened * vectors).sum(axis=1) / np.linalg.norm(opened, axis=1)
    assert cosines.min() > 0.9999
    assert opened.dtype == np.float32


def test_zero_vector_stays_zero() -> None:
    block = unpack_history(_pack(story()[:1], np.zeros((1, 8), np.float32)))

    assert not block.vectors().any()


def test_terms_are_found_with_their_counts() -> None:
    events = story()

    postings = unpack_history(_pack(events, _vectors(len(events)))).postings

    rows, counts = postings.find(terms("kettle")[0])
    assert 0 in rows.tolist()
    assert counts.min() >= 1
    assert postings.find("nowhere")[0].size == 0


def test_empty_history_can_be_packed() -> None:
    block = unpack_history(_pack([], np.zeros((0, 16), np.float32)))

    assert len(block) == 0
    assert block.vectors().shape == (0, 16)


@pytest.mark.parametrize("cut", [0, 7, 30, 200, -1])
def test_truncated_block_is_refused(cut: int) -> None:
    packed = _pack(story(), _vectors(len(story())))

    with pytest.raises(SealBroken):
        unpack_history(packed[:cut])


def test_block_of_a_later_version_is_refused() -> None:
    packed = bytearray(_pack(story(), _vectors(len(story()))))
    packed[4] = 2

    with pytest.raises(SealBroken):
        unpack_history(bytes(packed))


@settings(max_examples=scaled(30, 1_000), deadline=None)
@given(renderings=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=12))
def test_any_text_comes_back_as_it_was(renderings: list[str]) -> None:
    events = [
        HistoryEvent(EventId(str(i)), "s", str(i), "t", START, "orders", {"text": text}, text)
        for i, text in enumerate(renderings)
    ]

    block = unpack_history(_pack(events, _vectors(len(events))))

    assert [block.event(row).rendering for row in range(len(block))] == renderings
