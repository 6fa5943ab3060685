"""What a canary is, and every form in which it could hide in bytes."""

import base64
import json
import unicodedata
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tests.canary_search import NeedleSearch

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


class CanarySearch:
    """Looks for all forms of many canaries at once; make it once for many files."""

    def __init__(self, canaries: Sequence[Canary]) -> None:
        self._labels: list[tuple[str, str]] = []
        needles: list[bytes] = []
        for canary in canaries:
            for form, its in canary.forms.items():
                needles += its
                self._labels += [(canary.name, form)] * len(its)
        self._search = NeedleSearch(needles)

    def scan(self, place: str, content: bytes) -> list[Sighting]:
        """Return one sighting for each canary in each form that ``content`` holds."""
        found = {self._labels[number] for number in self._search.find(content)}
        return [Sighting(place, canary, form) for canary, form in sorted(found)]


def canary_text(content: str) -> Canary:
    """Return the canary of a text; it should hold a letter beyond ASCII, for the escapes."""
    encoded = content.encode()
    escaped = "".join(f"\\u{unit:04x}" for unit in _utf16_units(content))
    forms = {
        "utf-8": (encoded,),
        "utf-8, decomposed": (unicodedata.normalize("NFD", content).encode(),),
        "utf-16-le": (content.encode("utf-16-le"),),
        "utf-16-be": (content.encode("utf-16-be"),),
        "latin-1": (content.encode("latin-1", errors="replace"),),
        "url": (urllib.parse.quote(content).encode(), urllib.parse.quote_plus(content).encode()),
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
