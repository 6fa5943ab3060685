"""Serving the index: swaps are seen, damage is noticed, answers go on meanwhile."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.embedder import HashingEmbedder
from tests.passage_parts import write_articles

from assistant.core.errors import ConfigurationError, IndexDamaged
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.generations import Generations
from assistant.retrieval.indexing import IndexBuilder
from assistant.retrieval.knowledge_store import KnowledgeStore

FILES = (
    "manifest.json",
    "passages.jsonl",
    "vectors.faiss",
    "sentence_codes.npy",
    "sentence_starts.npy",
    "lexical/data.csc.index.npy",
    "lexical/vocab.index.json",
)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip_one_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def remove(path: Path) -> None:
    path.unlink()


DAMAGES = (truncate, flip_one_bit, remove)


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


def current_file(folder: Path, name: str) -> Path:
    generations = Generations(folder=folder)
    return generations.path_of(generations.read_pointers()[0]) / name


def change(knowledge: Path, text: str) -> None:
    (knowledge / "tea.md").write_text(f"# Tea\n\n{text}")


def test_nothing_built_serves_nothing_and_is_not_degraded(folder: Path) -> None:
    store = make_store(folder)

    assert store.current() is None
    assert not store.degraded


def test_built_index_is_served_and_a_swap_is_seen(
    folder: Path, knowledge: Path, builder: IndexBuilder
) -> None:
    first = builder.build(knowledge)
    store = make_store(folder)
    index = store.current()
    assert index is not None
    assert index.generation == first.generation
    assert not store.refresh()

    change(knowledge, "Steep it for an hour.")
    second = builder.build(knowledge)

    assert store.refresh()
    assert store.current() is not index
    assert store.current().generation == second.generation  # type: ignore[union-attr]
    assert index.passages[-1].text == "Green tea steeps two minutes."


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_noticed_and_nothing_wrong_is_served(
    folder: Path,
    knowledge: Path,
    builder: IndexBuilder,
    name: str,
    damage: Callable[[Path], None],
) -> None:
    builder.build(knowledge)
    damage(current_file(folder, name))

    store = make_store(folder)

    assert store.current() is None
    assert store.degraded
    assert isinstance(store.problem, IndexDamaged)
    assert "assistant index" in store.problem.message


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff\xfe", b"0190 abc\n"])
def test_unreadable_pointer_is_damage(
    folder: Path, knowledge: Path, builder: IndexBuilder, content: bytes
) -> None:
    builder.build(knowledge)
    (folder / "CURRENT").write_bytes(content)

    store = make_store(folder)

    assert store.current() is None
    assert store.degraded


@pytest.mark.parametrize("damage", DAMAGES)
def test_previous_generation_serves_while_the_current_is_damaged(
    folder: Path, knowledge: Path, builder: IndexBuilder, damage: Callable[[Path], None]
) -> None:
    first = builder.build(knowledge)
    change(knowledge, "Changed.")
    builder.build(knowledge)
    damage(current_file(folder, "vectors.faiss"))

    store = make_store(folder)

    assert store.degraded
    assert store.current().generation == first.generation  # type: ignore[union-attr]


def test_rebuild_heals(folder: Path, knowledge: Path, builder: IndexBuilder) -> None:
    builder.build(knowledge)
    flip_one_bit(current_file(folder, "vectors.faiss"))
    store = make_store(folder)
    assert store.degraded

    report = store.rebuild(builder, knowledge)

    assert report.changed
    assert not store.degraded
    assert store.current().generation == report.generation  # type: ignore[union-attr]
    assert make_store(folder).problem is None


def test_damage_while_serving_is_noticed_and_serving_goes_on(
    folder: Path, knowledge: Path, builder: IndexBuilder
) -> None:
    builder.build(knowledge)
    store = make_store(folder)
    index = store.current()
    assert index is not None
    for name in FILES:
        current_file(folder, name).write_bytes(b"")

    store.refresh()

    assert store.degraded
    assert store.current() is index
    assert index.lexical_arm("descale", 3)[0].tolist() == [0]
    assert index.sentence_vectors(0).shape == (2, 64)
    assert store.rebuild(builder, knowledge).embedded == 10
    assert not store.degraded


def test_altered_manifest_is_damage_though_every_file_is_sound(
    folder: Path, knowledge: Path, builder: IndexBuilder
) -> None:
    builder.build(knowledge)
    manifest = current_file(folder, "manifest.json")
    manifest.write_bytes(manifest.read_bytes().replace(b"hashing-64", b"hashing-65"))

    assert isinstance(make_store(folder).problem, IndexDamaged)


def test_generation_removed_before_it_was_opened_is_no_damage(
    folder: Path, knowledge: Path, builder: IndexBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder.build(knowledge)
    read_pointers = Generations.read_pointers
    seen_first = [Generations(folder=folder).read_pointers()]
    for number in range(3):
        change(knowledge, f"Tea steeps {number} minutes.")
        last = builder.build(knowledge)

    monkeypatch.setattr(
        Generations,
        "read_pointers",
        lambda self: seen_first.pop() if seen_first else read_pointers(self),
    )
    store = make_store(folder)

    assert not store.degraded
    assert store.current().generation == last.generation  # type: ignore[union-attr]


def test_index_of_another_embedder_is_not_served(
    folder: Path, knowledge: Path, builder: IndexBuilder
) -> None:
    builder.build(knowledge)
    store = KnowledgeStore(folder=folder, embedder="another")

    store.refresh()

    assert store.current() is None
    assert isinstance(store.problem, ConfigurationError)
