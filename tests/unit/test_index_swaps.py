"""Swapping the index while it is searched and refreshed: nobody sees half of one."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.embedder import HashingEmbedder
from tests.passage_parts import write_articles

from assistant.retrieval.embedder import Vectors
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.indexing import IndexBuilder
from assistant.retrieval.knowledge_store import KnowledgeStore


@pytest.fixture
def encoding() -> Iterator[EncodingService]:
    service = EncodingService(embedder=HashingEmbedder())
    yield service
    service.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    return write_articles(tmp_path / "knowledge")


@pytest.fixture
def builder(folder: Path, encoding: EncodingService) -> IndexBuilder:
    return IndexBuilder(folder=folder, encoding=encoding)


def make_store(folder: Path) -> KnowledgeStore:
    store = KnowledgeStore(folder=folder, embedder=HashingEmbedder().identity)
    store.refresh()
    return store


def change(knowledge: Path, text: str) -> None:
    (knowledge / "tea.md").write_text(f"# Tea\n\n{text}")


class Searcher(threading.Thread):
    """Searches whatever index is served until told to stop, and keeps what went wrong."""

    def __init__(self, store: KnowledgeStore) -> None:
        super().__init__()
        self.store = store
        self.stop = threading.Event()
        self.failure: BaseException | None = None
        self.served: set[str] = set()

    def run(self) -> None:
        vector = HashingEmbedder().encode(["tea"])[0]
        try:
            while not self.stop.is_set():
                self._search(vector)
        except BaseException as error:
            self.failure = error

    def _search(self, vector: Vectors) -> None:
        index = self.store.current()
        assert index is not None
        assert sorted(index.vector_arm(vector, 4)[0].tolist()) == [0, 1, 2, 3]
        assert index.lexical_arm("tea", 4)[0].tolist()[0] == 3
        assert index.sentence_vectors(3).shape[0] == 1
        self.served.add(index.generation)


def test_searches_go_on_through_swaps(folder: Path, knowledge: Path, builder: IndexBuilder) -> None:
    builder.build(knowledge)
    store = make_store(folder)
    searchers = [Searcher(store) for _ in range(3)]
    for searcher in searchers:
        searcher.start()
    for number in range(6):
        change(knowledge, f"Tea steeps {number} minutes.")
        builder.build(knowledge)
        store.refresh()
    for searcher in searchers:
        searcher.stop.set()
        searcher.join()

    assert [searcher.failure for searcher in searchers] == [None] * 3
    assert all(len(searcher.served) > 1 for searcher in searchers)
    assert not store.degraded


def test_refreshing_while_generations_come_and_go_never_degrades(
    folder: Path, knowledge: Path, builder: IndexBuilder
) -> None:
    builder.build(knowledge)
    store = make_store(folder)
    stop = threading.Event()
    degraded: list[bool] = []

    def refresh() -> None:
        while not stop.is_set():
            store.refresh()
            degraded.append(store.degraded)

    thread = threading.Thread(target=refresh)
    thread.start()
    for number in range(8):
        change(knowledge, f"Tea steeps {number} minutes.")
        last = builder.build(knowledge)
    stop.set()
    thread.join()
    store.refresh()

    assert not any(degraded)
    assert store.current().generation == last.generation  # type: ignore[union-attr]
