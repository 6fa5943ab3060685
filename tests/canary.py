"""Look for personal content that must not be there: canaries, in every form it could hide in.

A canary is a text or a vector that a test gives to the service as personal content. ``scan_folder``
and ``scan_database`` then look for it byte by byte, also as UTF-16, base64 at each of its three
alignments, JSON escapes, hexadecimal, and, for vectors, as numbers of three widths.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import inspect, text

from assistant.store.engine import Connection

WINDOW = 16
"""Numbers of a vector that are looked for at a time: a page of a database file may cut it."""


@dataclass(frozen=True, slots=True)
class Canary:
    """Something to look for; any of the byte strings of any form gives it away."""

    name: str
    forms: Mapping[str, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A canary that was found where it must not be."""

    place: str
    canary: str
    form: str


def canary_text(content: str) -> Canary:
    """Return the canary of a text; it should hold a letter beyond ASCII, for the JSON escapes."""
    encoded = content.encode()
    escaped = "".join(f"\\u{unit:04x}" for unit in _utf16_units(content))
    forms = {
        "utf-8": (encoded,),
        "utf-16-le": (content.encode("utf-16-le"),),
        "utf-16-be": (content.encode("utf-16-be"),),
        "json": (json.dumps(content)[1:-1].encode(),),
        "json, every letter": (escaped.encode(), _upper_escapes(escaped).encode()),
        **_as_text(encoded),
    }
    return Canary(f"text {content!r}", forms)


def canary_vector(name: str, vector: NDArray[np.float32]) -> Canary:
    """Return the canary of a vector: 32 and 16 bit floats, 8 bit integers by scale and by 127."""
    scaled = vector / np.abs(vector).max()
    numbers = {
        "f32": vector.astype("<f4"),
        "f16": vector.astype("<f2"),
        "int8 by scale": np.round(scaled * 127).astype(np.int8),
        "int8 by 127": np.round(vector * 127).astype(np.int8),
    }
    forms: dict[str, tuple[bytes, ...]] = {}
    for width, values in numbers.items():
        windows = [
            values[start : start + WINDOW].tobytes()
            for start in range(0, len(values) - WINDOW + 1, WINDOW)
        ]
        forms[width] = tuple(windows)
        for written, needles in _merged(windows).items():
            forms[f"{width} in {written}"] = needles
    return Canary(f"vector {name}", forms)


def scan_folder(folder: Path, canaries: Sequence[Canary]) -> list[Sighting]:
    """Look into every file below ``folder``: databases, write-ahead logs, indexes, whatever."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [sighting for path in files for sighting in scan(str(path), path.read_bytes(), canaries)]


def scan_database(connection: Connection, canaries: Sequence[Canary]) -> list[Sighting]:
    """Look into every row of every table: as the database writes it, and byte for byte."""
    found: list[Sighting] = []
    for table in inspect(connection).get_table_names():
        content = b"\n".join(_row_bytes(connection, table))
        found += scan(f"table {table}", content, canaries)
    return found


def scan(place: str, content: bytes, canaries: Sequence[Canary]) -> list[Sighting]:
    """Look into ``content``; the first sighting of each canary in each form is enough."""
    return [
        Sighting(place, canary.name, form)
        for canary in canaries
        for form, needles in canary.forms.items()
        if any(needle in content for needle in needles)
    ]


def _row_bytes(connection: Connection, table: str) -> Iterator[bytes]:
    if connection.dialect.name == "postgresql":
        for (row,) in connection.execute(text(f"SELECT t::text FROM {table} t")):
            yield row.encode()
    for values in connection.execute(text(f"SELECT * FROM {table}")):
        for value in values:
            yield bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def _as_text(content: bytes) -> dict[str, tuple[bytes, ...]]:
    return {
        "hex": (content.hex().encode(), content.hex().upper().encode()),
        "base64": tuple(_base64_at(content, shift) for shift in range(3)),
        "base64url": tuple(
            _base64_at(content, shift).translate(bytes.maketrans(b"+/", b"-_"))
            for shift in range(3)
        ),
    }


def _merged(windows: Sequence[bytes]) -> dict[str, tuple[bytes, ...]]:
    merged: dict[str, tuple[bytes, ...]] = {}
    for window in windows:
        for written, needles in _as_text(window).items():
            merged[written] = merged.get(written, ()) + needles
    return merged


def _base64_at(content: bytes, shift: int) -> bytes:
    """Return the base64 digits that ``content`` alone decides when ``shift`` bytes precede it."""
    digits = base64.b64encode(bytes(shift) + content)
    first = -(-shift * 8 // 6)
    last = (shift + len(content)) * 8 // 6
    return digits[first:last]


def _utf16_units(content: str) -> list[int]:
    encoded = content.encode("utf-16-le")
    return [int(unit) for unit in np.frombuffer(encoded, dtype="<u2")]


def _upper_escapes(escaped: str) -> str:
    return escaped.upper().replace("\\U", "\\u")
