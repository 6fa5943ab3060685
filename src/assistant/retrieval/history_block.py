"""One customer's indexed history as the bytes of one sealed block: texts, vectors, term counts.

Layout (version 1, little endian, each part padded to 8 bytes): magic, length of the header, header
(JSON: sizes, embedder, names), times, codes of category, ends of the texts, scales, int8 vectors,
postings, texts. Vectors are int8 with a scale a row: four times smaller than float32, and their
ranking differs from it only in ties. Arrays are views of the bytes and events are parsed when they
are looked at, so that opening 5,000 items takes a few milliseconds.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.errors import SealBroken
from assistant.core.events import HistoryEvent
from assistant.core.ids import EventId
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.term_postings import TermPostings

_MAGIC = b"RAHB\x01\x00\x00\x00"
_PARTS: tuple[tuple[str, type[np.generic]], ...] = (
    ("times", np.int64),
    ("categories", np.uint8),
    ("ends", np.uint32),
    ("scales", np.float32),
    ("vectors", np.int8),
    ("starts", np.uint32),
    ("rows", np.uint32),
    ("counts", np.uint8),
    ("lengths", np.uint16),
)


@dataclass(frozen=True, slots=True)
class HistoryBlock:
    """The items of one customer as they were indexed; rows are in the order they were packed."""

    embedder: str
    times: NDArray[np.int64]
    """Milliseconds since 1970."""
    categories: tuple[str, ...]
    """The data category of each row."""
    scales: NDArray[np.float32]
    quantised: NDArray[np.int8]
    postings: TermPostings
    texts: bytes = field(repr=False)
    ends: NDArray[np.uint32] = field(repr=False)
    size: int = 0
    """Bytes of the packed block."""

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.times)

    def vectors(self) -> Vectors:
        """Return the vectors as float32, shape (items, dimensions)."""
        return self.quantised.astype(np.float32) * self.scales[:, None]

    def event_ids(self) -> frozenset[EventId]:
        """Return the ids of all items, without reading what they say."""
        starts = [0, *self.ends[:-1].tolist()] if len(self) else []
        opened = (self.texts.index(b'"', start) + 1 for start in starts)
        return frozenset(
            EventId(self.texts[start : self.texts.index(b'"', start)].decode()) for start in opened
        )

    def event(self, row: int) -> HistoryEvent:
        """Return the event of one row."""
        start = int(self.ends[row - 1]) if row else 0
        event_id, source, id_, type_, data, rendering = orjson.loads(
            self.texts[start : int(self.ends[row])]
        )
        return HistoryEvent(
            event_id=EventId(event_id),
            source=source,
            id=id_,
            type=type_,
            time=from_epoch_ms(int(self.times[row])),
            category=self.categories[row],
            data=data,
            rendering=rendering,
        )


def quantise(vectors: Vectors) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return int8 rows and the scale of each, so that row * scale is the vector again."""
    scales = (np.abs(vectors).max(axis=1, initial=0) / 127).astype(np.float32)
    safe = np.where(scales > 0, scales, 1)[:, None]
    return np.rint(vectors / safe).astype(np.int8), scales


def pack_history(
    events: Sequence[HistoryEvent],
    vectors: Vectors,
    terms: Sequence[Sequence[str]],
    *,
    embedder: str,
) -> bytes:
    """Return the block of ``events`` with the vector and the terms of each rendering."""
    texts = [
        orjson.dumps([e.event_id, e.source, e.id, e.type, dict(e.data), e.rendering])
        for e in events
    ]
    names = sorted({event.category for event in events})
    postings = TermPostings.of(terms)
    arrays = _arrays(events, names, vectors, postings)
    arrays["ends"] = np.cumsum([len(text) for text in texts]).astype(np.uint32)
    header = {
        "embedder": embedder,
        "dimensions": vectors.shape[1],
        "categories": names,
        "terms": list(postings.terms),
        "sizes": [arrays[name].size for name, _ in _PARTS],
    }
    head = orjson.dumps(header)
    parts = [_MAGIC, struct.pack("<Q", len(head)), head]
    parts += [arrays[name].tobytes() for name, _ in _PARTS]
    return b"".join(_padded(part) for part in parts) + b"".join(texts)


def _arrays(
    events: Sequence[HistoryEvent], names: list[str], vectors: Vectors, postings: TermPostings
) -> dict[str, NDArray[Any]]:
    quantised, scales = quantise(vectors)
    return {
        "times": np.array([to_epoch_ms(event.time) for event in events], np.int64),
        "categories": np.array([names.index(event.category) for event in events], np.uint8),
        "scales": scales,
        "vectors": quantised,
        "starts": postings.starts,
        "rows": postings.rows,
        "counts": postings.counts,
        "lengths": postings.lengths,
    }


def unpack_history(packed: bytes) -> HistoryBlock:
    """Return the block of ``packed``.

    Raises:
        SealBroken: the bytes are no block of a version this code knows, or end too early.
    """
    if packed[:8] != _MAGIC:
        raise SealBroken("a history block has an unknown version")
    try:
        return _unpack(packed)
    except (ValueError, KeyError, struct.error) as error:
        raise SealBroken("a history block is incomplete") from error


def _unpack(packed: bytes) -> HistoryBlock:
    (head_length,) = struct.unpack_from("<Q", packed, 8)
    header = orjson.loads(packed[16 : 16 + head_length])
    at = 16 + _round_up(head_length)
    arrays: dict[str, NDArray[Any]] = {}
    for (name, kind), size in zip(_PARTS, header["sizes"], strict=True):
        arrays[name] = np.frombuffer(packed, kind, count=size, offset=at)
        at += _round_up(arrays[name].nbytes)
    names: list[str] = header["categories"]
    if len(packed) - at != int(arrays["ends"][-1] if arrays["ends"].size else 0):
        raise ValueError("the texts are cut off")
    return HistoryBlock(
        embedder=header["embedder"],
        times=arrays["times"],
        categories=tuple(names[code] for code in arrays["categories"].tolist()),
        scales=arrays["scales"],
        quantised=arrays["vectors"].reshape(-1, header["dimensions"]),
        postings=TermPostings(
            terms={term: index for index, term in enumerate(header["terms"])},
            starts=arrays["starts"],
            rows=arrays["rows"],
            counts=arrays["counts"],
            lengths=arrays["lengths"],
        ),
        texts=packed[at:],
        ends=arrays["ends"],
        size=len(packed),
    )


def _round_up(length: int) -> int:
    return -(-length // 8) * 8


def _padded(part: bytes) -> bytes:
    return part + bytes(_round_up(len(part)) - len(part))
