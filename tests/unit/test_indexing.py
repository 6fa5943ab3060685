"""Building the index: only what changed is embedded, built aside, swapped whole."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.embedder import HashingEmbedder
from tests.passage_parts import ARTICLES, write_articles

from assistant.core.errors import ConfigurationError
from assistant.retrieval.documents.markdown import markdown_document
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.generations import Generations
from assistant.retrieval.indexing import IndexBuilder, index_documents, open_generation
from assistant.retrieval.knowledge_index import KnowledgeIndex


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder()


@pytest.fixture
def encoding(embedder: HashingEmbedder) -> Iterator[EncodingService]:
    service = EncodingService(embedder=embedder)
    yield service
    service.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "index"


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    return write_articles(tmp_path / "knowledge")


@pytest.fixture
def builder(folder: Path, encoding: EncodingService) -> IndexBuilder:
    return IndexBuilder(folder=folder, encoding=encoding)


def open_current(folder: Path) -> KnowledgeIndex:
    generations = Generations(folder=folder)
    return open_generation(generations, generations.read_pointers()[0])


def folders_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def test_first_build_embeds_everything(
    builder: IndexBuilder, knowledge: Path, folder: Path
) -> None:
    report = builder.build(knowledge)

    index = open_current(folder)
    assert report.changed
    assert (report.documents, report.passages, report.sentences) == (3, 4, 6)
    assert report.embedded == 10
    assert index.generation == report.generation
    assert [passage.document_id for passage in index.passages] == [
        "kettle",
        "kettle",
        "returns",
        "tea",
    ]


def test_nothing_changed_embeds_nothing_and_swaps_nothing(
    builder: IndexBuilder, knowledge: Path, folder: Path, embedder: HashingEmbedder
) -> None:
    first = builder.build(knowledge)
    embedder.encoded.clear()

    second = builder.build(knowledge)

    assert not second.changed
    assert second.generation == first.generation
    assert embedder.encoded == []
    assert folders_in(folder) == [first.generation]


def test_only_changed_texts_are_embedded_again(
    builder: IndexBuilder, knowledge: Path, folder: Path, embedder: HashingEmbedder
) -> None:
    builder.build(knowledge)
    before = open_current(folder)
    embedder.encoded.clear()
    (knowledge / "kettle.md").write_text(ARTICLES["kettle.md"].replace("Two years.", "Nine years."))
    (knowledge / "tea.md").unlink()

    report = builder.build(knowledge)

    after = open_current(folder)
    assert sorted(embedder.encoded) == ["Kettle care\nWarranty\nNine years.", "Nine years."]
    assert report.embedded == 2
    assert [passage.document_id for passage in after.passages] == ["kettle", "kettle", "returns"]
    assert (after.sentence_vectors(0) == before.sentence_vectors(0)).all()
    assert (after.sentence_vectors(2) == before.sentence_vectors(2)).all()


def test_change_of_what_is_not_embedded_embeds_nothing(
    builder: IndexBuilder, knowledge: Path, folder: Path, embedder: HashingEmbedder
) -> None:
    builder.build(knowledge)
    embedder.encoded.clear()
    (knowledge / "tea.md").write_text(f"---\ntopics: [drinks]\n---\n{ARTICLES['tea.md']}")

    report = builder.build(knowledge)

    assert report.changed
    assert embedder.encoded == []
    assert open_current(folder).passages[-1].topics == ("drinks",)


def test_other_embedder_embeds_everything_again(
    builder: IndexBuilder, knowledge: Path, folder: Path
) -> None:
    builder.build(knowledge)
    other = EncodingService(embedder=HashingEmbedder(dimensions=32))

    report = IndexBuilder(folder=folder, encoding=other).build(knowledge)

    other.close()
    assert report.embedded == 10
    assert open_current(folder).dimensions == 32


def test_one_generation_before_is_kept_and_older_ones_go(
    builder: IndexBuilder, knowledge: Path, folder: Path
) -> None:
    generations = []
    for number in range(4):
        (knowledge / "tea.md").write_text(f"# Tea\n\nSteep {number} minutes.")
        generations.append(builder.build(knowledge).generation)

    assert folders_in(folder) == sorted(generations[-2:])


def test_what_a_killed_build_left_is_removed(
    builder: IndexBuilder, knowledge: Path, folder: Path
) -> None:
    left = folder / ".building-0190"
    left.mkdir(parents=True)
    (left / "vectors.faiss").write_bytes(b"half")

    report = builder.build(knowledge)

    assert folders_in(folder) == [report.generation]


def test_failing_build_leaves_the_current_index(
    builder: IndexBuilder, knowledge: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = builder.build(knowledge)
    (knowledge / "tea.md").write_text("# Tea\n\nChanged.")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(KnowledgeIndex, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        builder.build(knowledge)

    assert open_current(folder).generation == first.generation


@pytest.mark.parametrize("articles", [{}, {"empty.md": ""}, {"marks.md": "---\n\n***"}])
def test_knowledge_without_passages_can_be_indexed(
    builder: IndexBuilder, tmp_path: Path, folder: Path, articles: dict[str, str]
) -> None:
    knowledge = write_articles(tmp_path / "none", articles)

    first, second = builder.build(knowledge), builder.build(knowledge)

    assert first.passages == 0
    assert first.changed
    assert not second.changed
    assert open_current(folder).passages == ()


def test_missing_folder_is_refused(builder: IndexBuilder, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        builder.build(tmp_path / "missing")


def test_findings_are_reported(builder: IndexBuilder, knowledge: Path) -> None:
    (knowledge / "broken.pdf").write_bytes(b"%PDF broken")

    (finding,) = builder.build(knowledge).findings

    assert finding.ref == "broken.pdf"
    assert finding.reason


def test_progress_reaches_its_total(builder: IndexBuilder, knowledge: Path) -> None:
    seen: list[tuple[int, int]] = []

    builder.build(knowledge, on_progress=lambda done, total: seen.append((done, total)))

    assert seen == sorted(seen)
    assert seen[-1] == (10, 10)


def test_two_builders_at_once_leave_one_sound_index(
    folder: Path, knowledge: Path, encoding: EncodingService
) -> None:
    reports = []

    def build() -> None:
        reports.append(IndexBuilder(folder=folder, encoding=encoding).build(knowledge))

    threads = [threading.Thread(target=build) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(report.changed for report in reports) == 1
    assert len({report.generation for report in reports}) == 1
    assert len(open_current(folder).passages) == 4


def test_documents_are_indexed_in_memory_alone(encoding: EncodingService) -> None:
    documents = [markdown_document(f"Text {n}.", document_id=f"d{n}", title="T") for n in range(3)]

    index = index_documents(documents, encoding=encoding)

    assert [passage.document_id for passage in index.passages] == ["d0", "d1", "d2"]


def test_index_that_answers_does_not_give_way_to_nothing(
    builder: IndexBuilder, knowledge: Path, folder: Path, tmp_path: Path
) -> None:
    kept = builder.build(knowledge).generation
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK and no more")

    with pytest.raises(ConfigurationError, match=r"broken\.zip.*the index stays"):
        builder.build(broken)

    assert open_current(folder).generation == kept
