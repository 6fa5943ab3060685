"""Look for personal content that must not be there: canaries, in every form it could hide in.

A canary is a text or a vector that a test gives to the service as personal content. The ``scan_…``
functions look for it byte by byte. The ``judge_…`` functions also say what a search in vain means:
FOUND (it is there, in clear, encoded, or sealed under a key that was given), REMOVED (the store was
read to its end and it is not there), NOT COMPUTABLE (something in the store cannot be read, so
nothing follows from not finding it). They open what is sealed with the keys they are given.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import inspect, text
from tests.canary_forms import Canary, CanarySearch, Sighting, canary_text, canary_vector
from tests.canary_keys import IssuedKeys
from tests.canary_stores import (
    SQLITE,
    NotReadable,
    StoredRow,
    as_bytes,
    check_form,
    check_value,
    copied,
    copied_database,
    is_backup,
    rows_of_backup,
    rows_of_database,
    zipped_members,
)

from assistant.store.engine import Connection
from assistant.store.tables import CATALOGUE, ColumnKind
from assistant.vault.envelope import Place

__all__ = [
    "Canary",
    "IssuedKeys",
    "Judgement",
    "Sighting",
    "Unreadable",
    "Verdict",
    "canary_text",
    "canary_vector",
    "judge_database",
    "judge_file",
    "judge_folder",
    "scan",
    "scan_database",
    "scan_folder",
]

Canaries: TypeAlias = Sequence[Canary] | Mapping[str, str]
"""Canaries, or texts by any name."""

_BUFFER = 8 << 20
_HASHED = (ColumnKind.KEYED_HASH, ColumnKind.KEY_NUMBER)


class Verdict(StrEnum):
    """What is known about the canaries in a store."""

    FOUND = "FOUND"
    REMOVED = "REMOVED"
    NOT_COMPUTABLE = "NOT COMPUTABLE"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a store that the scan cannot read, and why."""

    place: str
    why: str


@dataclass(slots=True)
class Judgement:
    """What a scan saw; ``opened`` and ``shut`` count sealed values by whether a key opened them."""

    sightings: list[Sighting] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    opened: int = 0
    shut: int = 0

    @property
    def verdict(self) -> Verdict:
        """The whole in one word; one sighting outweighs everything."""
        if self.sightings:
            return Verdict.FOUND
        return Verdict.NOT_COMPUTABLE if self.unreadable else Verdict.REMOVED


def judge_folder(
    folder: Path, canaries: Canaries, *, keys: IssuedKeys | None = None, every_key: bool = True
) -> Judgement:
    """Judge every file below ``folder``, as it is at this moment.

    ``keys`` open what is sealed; with ``every_key`` they are all that were ever issued, so that a
    sealed value none of them opens makes the verdict NOT COMPUTABLE.
    """
    judge = _Judge(canaries, keys or IssuedKeys(), every_key=every_key)
    if not folder.is_dir():
        judge.cannot(str(folder), "is no folder")
        return judge.seen
    with copied([folder]) as copies:
        copy = copies / folder.name
        for path in sorted(path for path in copy.rglob("*") if path.is_file()):
            judge.look_into(str(folder / path.relative_to(copy)), path)
    return judge.seen


def judge_file(
    path: Path, canaries: Canaries, *, keys: IssuedKeys | None = None, every_key: bool = True
) -> Judgement:
    """Judge one file; a database of SQLite with the journals that lie beside it."""
    judge = _Judge(canaries, keys or IssuedKeys(), every_key=every_key)
    beside = [path.with_name(path.name + suffix) for suffix in ("-wal", "-journal")]
    files = [path, *(other for other in beside if other.exists())]
    with copied(files) as copies:
        for file in files:
            judge.look_into(str(file), copies / file.name)
    return judge.seen


def judge_database(
    connection: Connection,
    canaries: Canaries,
    *,
    keys: IssuedKeys | None = None,
    every_key: bool = True,
) -> Judgement:
    """Judge every row of every table that the connection sees."""
    judge = _Judge(canaries, keys or IssuedKeys(), every_key=every_key)
    tables = inspect(connection).get_table_names()
    judge.read_rows("", (row for table in tables for row in _rows(connection, table)))
    return judge.seen


def scan_folder(folder: Path, canaries: Sequence[Canary]) -> list[Sighting]:
    """Look into every file below ``folder``: databases, write-ahead logs, indexes, whatever."""
    search = CanarySearch(canaries)
    with copied([folder]) as copies:
        copy = copies / folder.name
        files = sorted(path for path in copy.rglob("*") if path.is_file())
        return [
            sighting
            for path in files
            for sighting in search.scan(str(folder / path.relative_to(copy)), path.read_bytes())
        ]


def scan_database(connection: Connection, canaries: Sequence[Canary]) -> list[Sighting]:
    """Look into every row of every table: as the database writes it, and byte for byte."""
    search = CanarySearch(canaries)
    found: list[Sighting] = []
    for table in inspect(connection).get_table_names():
        values = (value for row in _rows(connection, table) for value in row.values.values())
        shown = _shown_rows(connection, table)
        found += search.scan(f"table {table}", as_bytes([*shown, *values]))
    return found


def scan(place: str, content: bytes, canaries: Sequence[Canary]) -> list[Sighting]:
    """Look into ``content``; the first sighting of each canary in each form is enough."""
    return CanarySearch(canaries).scan(place, content)


class _Judge:
    """One scan: what it looks for and with which keys, and what it saw so far."""

    def __init__(self, canaries: Canaries, keys: IssuedKeys, *, every_key: bool) -> None:
        if isinstance(canaries, Mapping):
            canaries = [canary_text(content) for content in canaries.values()]
        self._search = CanarySearch(canaries)
        self._keys = keys
        self._every_key = every_key
        self.seen = Judgement()

    def cannot(self, place: str, why: str) -> None:
        """Note a part that cannot be read."""
        self.seen.unreadable.append(Unreadable(place, why))

    def look_into(self, place: str, path: Path) -> None:
        """Judge one file, called ``place`` in what is reported."""
        try:
            content = path.read_bytes()
        except OSError as error:
            self.cannot(place, error.strerror or "cannot be read")
            return
        self._look(place, content)
        for plain in self._keys.torn_contents(content):
            self._look(f"{place}, deciphered", plain)
        try:
            self._understand(place, path, content)
        except NotReadable as error:
            self.cannot(place, str(error))

    def read_rows(self, place: str, rows: Iterable[StoredRow]) -> None:
        """Judge rows, value by value, and what they hold sealed."""
        values: list[object] = []
        size = 0
        for row in rows:
            more = [*row.values.values(), *self._opened(place, row)]
            values += more
            size += sum(len(one) if isinstance(one, bytes | str) else 8 for one in more)
            if size > _BUFFER:
                self._look(f"rows of {place}", as_bytes(values))
                values, size = [], 0
        self._look(f"rows of {place}", as_bytes(values))

    def _look(self, place: str, content: bytes) -> None:
        self.seen.sightings += self._search.scan(place, content)

    def _understand(self, place: str, path: Path, content: bytes) -> None:
        if content.startswith(SQLITE):
            with copied_database(path) as copy:
                self.read_rows(place, rows_of_database(copy))
        elif is_backup(path):
            self.read_rows(place, rows_of_backup(path))
        elif content.startswith(b"PK\x03\x04"):
            for name, member in zipped_members(path):
                self._look(f"{place}, {name}", member)
                check_form(name, member)
        else:
            check_form(path.name, content)

    def _opened(self, place: str, row: StoredRow) -> Iterator[bytes]:
        """Yield the content of what is sealed in a row, and check that the rest can be read."""
        rule = CATALOGUE.get(row.table)
        for column, value in row.values.items():
            kind = rule.columns.get(column) if rule else None
            if kind is ColumnKind.SEALED and rule and isinstance(value, bytes | memoryview):
                at = rule.places[column].format_map(dict(row.values))
                sealed = Place(str(row.values["customer_id"]), row.table, at)
                yield from self._open(f"{place}, {row.table}.{column}", sealed, bytes(value))
            elif kind not in _HASHED:
                try:
                    check_value(value)
                except NotReadable as error:
                    self.cannot(f"{place}, {row.table}.{column}", str(error))

    def _open(self, where: str, place: Place, sealed: bytes) -> Iterator[bytes]:
        content = self._keys.open(place, sealed)
        if content is not None:
            self.seen.opened += 1
            yield content
            return
        self.seen.shut += 1
        if self._every_key:
            self.cannot(where, "sealed under a key that was not given")


def _rows(connection: Connection, table: str) -> Iterator[StoredRow]:
    for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
        yield StoredRow(table, dict(row))


def _shown_rows(connection: Connection, table: str) -> Iterator[str]:
    """Yield rows as PostgreSQL itself writes them."""
    if connection.dialect.name == "postgresql":
        yield from connection.execute(text(f'SELECT t::text FROM "{table}" t')).scalars()
