"""Reading the files of data sets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson


def read_lines(path: Path) -> Iterator[Any]:
    """Yield the objects of a file with one JSON object a line."""
    with path.open("rb") as lines:
        for line in lines:
            if line.strip():
                yield orjson.loads(line)


def read_json(path: Path) -> Any:  # noqa: ANN401 -- JSON of a public set, read field by field
    """Return the content of a JSON file."""
    return orjson.loads(path.read_bytes())


def gold_of(row: Any, field: str) -> tuple[str, ...] | None:  # noqa: ANN401 -- a row as above
    """Return the ids under ``field``; None where the gold is absent."""
    return tuple(row[field]) if row.get(field) is not None else None
