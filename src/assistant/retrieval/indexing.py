"""Builds the knowledge index: read, cut, embed what is new, write aside, swap.

What an earlier generation embedded is taken from it: a passage or sentence is embedded again only
if its text, or the embedder, changed. Serving goes on meanwhile; only the swap is seen.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from assistant.core.errors import ConfigurationError, IndexDamaged
from assistant.core.ids import new_id
from assistant.retrieval.chunking import cut_documents
from assistant.retrieval.documents.document import Document, Finding, Reading
from assistant.retrieval.documents.folder import read_folder
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.generations import Generations, Pointer
from assistant.retrieval.knowledge_index import KnowledgeIndex
from assistant.retrieval.known_vectors import KnownPassages, KnownSentences, VectorSource
from assistant.retrieval.passages import Passage
from assistant.retrieval.sentence_vectors import SentenceVectors, to_codes

Progress = Callable[[int, int], None]
"""Receives how many texts are embedded and how many there are to embed."""

_SLICE = 8_192
"""Sentences embedded before they are packed, which bounds what is held unpacked."""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a build did; ``embedded`` counts the passages and sentences embedded anew."""

    generation: str
    changed: bool
    documents: int
    passages: int
    sentences: int
    embedded: int
    findings: tuple[Finding, ...]
    seconds: float


class IndexBuilder:
    """Builds generations of the index in one folder, one build at a time on the machine."""

    def __init__(self, *, folder: Path, encoding: EncodingService) -> None:
        """Build into ``folder``, by convention ``<data folder>/index``."""
        self._folder = folder
        self._generations = Generations(folder=folder)
        self._encoding = encoding

    def build(self, knowledge: Path, *, on_progress: Progress | None = None) -> IndexReport:
        """Index the folder or file ``knowledge`` and make the result current; blocks.

        Another build in the same folder is waited for. If nothing changed, nothing is swapped.

        Raises:
            ConfigurationError: ``knowledge`` does not exist, or nothing in it can be read while
                there is an index, which then stays.
        """
        began = time.monotonic()
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / ".lock"):
            # Read under the lock, so that who waited does not put back what has changed since.
            reading = read_folder(knowledge)
            passages = cut_documents(reading.documents)
            self._refuse_to_lose_all(knowledge, reading)
            generation, embedded = self._bring_up_to_date(passages, on_progress)
        return IndexReport(
            generation=generation,
            changed=embedded is not None,
            documents=len(reading.documents),
            passages=len(passages),
            sentences=sum(len(passage.sentences) for passage in passages),
            embedded=embedded or 0,
            findings=reading.findings,
            seconds=time.monotonic() - began,
        )

    def _refuse_to_lose_all(self, knowledge: Path, reading: Reading) -> None:
        """Keep an index that answers from giving way to nothing, by a mistyped folder say."""
        if reading.documents:
            return
        _, known = self._find_sound(self._read_pointers())
        if known is not None and known.passages:
            why = "".join(f"; {found.ref}: {found.reason}" for found in reading.findings[:1])
            raise ConfigurationError(
                f"{str(knowledge)!r} holds no document that can be read{why} (the index stays "
                "as it was)"
            )

    def _bring_up_to_date(
        self, passages: Sequence[Passage], on_progress: Progress | None
    ) -> tuple[str, int | None]:
        """Return the current generation and how much was embedded for it; None if it was there."""
        pointers = self._read_pointers()
        sound, known = self._find_sound(pointers)
        if sound and known and sound == pointers[0] and self._is_same(known, passages):
            return sound.generation, None
        index, embedded = index_passages(
            passages,
            encoding=self._encoding,
            generation=new_id(),
            known=known,
            on_progress=on_progress,
        )
        pointer = self._generations.write(
            index.generation, embedder=index.embedder, save=index.save
        )
        self._generations.swap(pointer, previous=sound)
        return index.generation, embedded

    def _read_pointers(self) -> tuple[Pointer, ...]:
        try:
            return self._generations.read_pointers()
        except IndexDamaged:
            return ()

    def _find_sound(
        self, pointers: Sequence[Pointer]
    ) -> tuple[Pointer, KnowledgeIndex] | tuple[None, None]:
        """Return the newest generation whose files are as they were written."""
        for pointer in pointers:
            try:
                return pointer, open_generation(self._generations, pointer)
            except IndexDamaged:
                continue
        return None, None

    def _is_same(self, known: KnowledgeIndex, passages: Sequence[Passage]) -> bool:
        return known.embedder == self._encoding.identity and known.passages == tuple(passages)


def open_generation(generations: Generations, pointer: Pointer) -> KnowledgeIndex:
    """Verify and open one generation.

    Raises:
        IndexDamaged: a file of it is not as it was written.
    """
    manifest = generations.verify(pointer)
    return KnowledgeIndex.open(
        generations.path_of(pointer), generation=pointer.generation, embedder=manifest.embedder
    )


def index_documents(
    documents: Sequence[Document], *, encoding: EncodingService, generation: str = "in memory"
) -> KnowledgeIndex:
    """Return an index of ``documents`` that is on no disk, as an evaluation needs it."""
    passages = cut_documents(documents)
    return index_passages(passages, encoding=encoding, generation=generation)[0]


def index_passages(
    passages: Sequence[Passage],
    *,
    encoding: EncodingService,
    generation: str,
    known: KnowledgeIndex | None = None,
    on_progress: Progress | None = None,
) -> tuple[KnowledgeIndex, int]:
    """Return an index of ``passages`` and how many texts were embedded for it.

    Vectors of ``known`` are used where the text is the same and so is the embedder.
    """
    usable = known if known and known.embedder == encoding.identity else None
    known_passages, known_sentences = KnownPassages(usable), KnownSentences(usable)
    texts = [passage.embedded_text for passage in passages]
    sentences = [text for passage in passages for text in passage.sentence_texts]
    count = _Count(
        total=len({text for text in texts if text not in known_passages})
        + sum(len({t for t in part if t not in known_sentences}) for part in _slices(sentences)),
        report=on_progress,
    )
    vectors = _vectors_of(texts, known_passages, encoding, count)
    codes = [
        to_codes(_vectors_of(part, known_sentences, encoding, count)) for part in _slices(sentences)
    ]
    index = KnowledgeIndex.build(
        generation=generation,
        embedder=encoding.identity,
        passages=passages,
        vectors=vectors,
        sentences=SentenceVectors.of(
            np.concatenate([np.zeros((0, encoding.dimensions), np.int8), *codes]),
            [len(passage.sentences) for passage in passages],
        ),
    )
    return index, count.done


@dataclass(slots=True)
class _Count:
    """Counts what was embedded over several calls, and reports it."""

    total: int
    report: Progress | None
    done: int = 0

    def add(self, texts: int) -> None:
        self.done += texts
        if self.report:
            self.report(self.done, self.total)


def _vectors_of(
    texts: Sequence[str], known: VectorSource, encoding: EncodingService, count: _Count
) -> Vectors:
    """Return one row per text, embedding each text that is not known once."""
    new = list(dict.fromkeys(text for text in texts if text not in known))
    before = count.done
    encoded = encoding.encode_now(
        new, on_progress=lambda done: count.add(before + done - count.done)
    )
    rows = dict(zip(new, encoded, strict=True))
    vectors = np.zeros((len(texts), encoding.dimensions), np.float32)
    for position, text in enumerate(texts):
        found = known.find(text)
        vectors[position] = rows[text] if found is None else found
    return vectors


def _slices(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[start : start + _SLICE] for start in range(0, len(texts), _SLICE)]
