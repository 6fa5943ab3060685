"""Passages as a file of an index: one JSON object a line."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import orjson

from assistant.core.ids import PassageId
from assistant.retrieval.passages import Passage

PASSAGES = "passages.jsonl"


def write_passages(folder: Path, passages: Sequence[Passage]) -> None:
    """Write ``passages`` in their order."""
    (folder / PASSAGES).write_bytes(passages_as_bytes(passages))


def passages_as_bytes(passages: Sequence[Passage]) -> bytes:
    """Return the content of the file; equal passages give equal bytes."""
    return b"".join(orjson.dumps(passage, option=orjson.OPT_APPEND_NEWLINE) for passage in passages)


def read_passages(folder: Path) -> list[Passage]:
    """Return the passages that ``write_passages`` wrote."""
    with (folder / PASSAGES).open("rb") as lines:
        return [_passage(line) for line in lines]


def _passage(line: bytes) -> Passage:
    fields = orjson.loads(line)
    updated = fields["updated"]
    return Passage(
        passage_id=PassageId(fields["passage_id"]),
        document_id=fields["document_id"],
        title=fields["title"],
        heading=fields["heading"],
        text=fields["text"],
        sentences=tuple((start, end) for start, end in fields["sentences"]),
        topics=tuple(fields["topics"]),
        products=tuple(fields["products"]),
        ref=fields["ref"],
        updated=date.fromisoformat(updated) if updated else None,
    )
