"""What every personal table and column is called towards its customer, and how it is shown.

The words stand in ``labels.yaml`` beside this module; together with the rules of the tables they
are the one catalogue behind ``/v1/me/data``, the export and its readable form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

import yaml
from sqlalchemy import BigInteger, LargeBinary, Table

from assistant.store.tables import CATALOGUE, METADATA
from assistant.store.tables.catalogue import ColumnKind, TableRule

Shown: TypeAlias = Literal["value", "time", "hex", "opened", "hash", "counted"]
"""As it is stored; as a moment; bytes as hexadecimal digits; unsealed; not, because it is a keyed
hash; not, because it repeats what is shown elsewhere and is only counted."""

Origin: TypeAlias = Literal["given", "observed", "derived", "inferred"]

Form: TypeAlias = Literal["json", "text", "words"]
"""What is inside a seal: JSON, UTF-8, or a nonce of 16 bytes and UTF-8."""

LANGUAGES = ("en", "de")

Words: TypeAlias = Mapping[str, str]
"""A text by language; English is always there."""


@dataclass(frozen=True, slots=True)
class ColumnLabel:
    """One column: its plain name, how it is shown, and why not where it is not."""

    name: str
    label: Words
    shown: Shown
    note: Words | None = None
    form: Form = "json"
    place: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One personal table as its customer sees it; ``since`` is the column of its moment."""

    name: str
    category: str
    label: Words
    origin: Origin
    source: Words
    basis: str
    kept: Words
    since: str | None
    columns: tuple[ColumnLabel, ...]


@cache
def list_sections() -> tuple[Section, ...]:
    """Return every personal table in the order in which it is shown.

    Raises:
        KeyError: a personal table or one of its columns has no label.
    """
    written = _read_labels()
    missing = [name for name, rule in CATALOGUE.items() if rule.personal and name not in written]
    if missing:
        raise KeyError(f"no label for the tables {missing}: write it into labels.yaml")
    return tuple(
        _section(METADATA.tables[name], CATALOGUE[name], entry)
        for name, entry in written.items()
        if name in CATALOGUE
    )


@cache
def _read_labels() -> Mapping[str, Mapping[str, Any]]:
    """Return what is written in ``labels.yaml``, by table."""
    source = files("assistant.store.tables").joinpath("labels.yaml")
    written: dict[str, dict[str, Any]] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return written


def _section(table: Table, rule: TableRule, entry: Mapping[str, Any]) -> Section:
    columns = entry["columns"]
    return Section(
        name=table.name,
        category=rule.category,
        label=_words(entry["label"]),
        origin=entry["origin"],
        source=_words(entry["source"]),
        basis=entry["basis"],
        kept=_words(entry["kept"]),
        since=entry.get("since"),
        columns=tuple(_column(table, rule, name, columns[name]) for name in rule.columns),
    )


def _column(table: Table, rule: TableRule, name: str, entry: Mapping[str, Any]) -> ColumnLabel:
    note = entry.get("note")
    return ColumnLabel(
        name=name,
        label=_words(entry),
        shown=entry.get("shown") or _shown(table, rule, name),
        note=_words(note) if note else None,
        form=entry.get("form", "json"),
        place=rule.places.get(name, ""),
    )


def _shown(table: Table, rule: TableRule, name: str) -> Shown:
    """Return how a column of this kind is shown where the file does not say otherwise."""
    kind = rule.columns[name]
    if kind is ColumnKind.SEALED:
        return "opened"
    if kind is ColumnKind.KEYED_HASH:
        return "hash"
    column = table.columns[name]
    if isinstance(column.type, BigInteger):
        return "time"
    return "hex" if isinstance(column.type, LargeBinary) else "value"


def _words(entry: Mapping[str, str]) -> Words:
    return {lang: text for lang, text in entry.items() if lang in LANGUAGES}
