"""Templates of a mapping file: ``{Column}`` is a cell's text, ``{Column|number}`` its number."""

import re
from collections.abc import Mapping
from typing import TypeAlias

from assistant.core.events import JsonValue

_CELL = re.compile(r"\{([^{}|]+)(?:\|(number))?\}")

Row: TypeAlias = Mapping[str, str]
"""From column to cell."""


def filled(template: str, row: Row) -> str:
    """Return ``template`` with the row's cells in their places, without spaces around it."""
    return _CELL.sub(lambda cell: row.get(cell[1].strip(), ""), template).strip()


def value_of(template: object, row: Row) -> JsonValue:
    """Return ``template`` with its cells filled in and what is empty left out (None)."""
    if isinstance(template, dict):
        parts = {str(name): value_of(part, row) for name, part in template.items()}
        return {name: part for name, part in parts.items() if part is not None} or None
    if isinstance(template, list):
        members = [value_of(part, row) for part in template]
        return [member for member in members if member is not None] or None
    if not isinstance(template, str):
        return template if isinstance(template, bool | int | float) else None
    whole = _CELL.fullmatch(template)
    if whole and whole[2]:
        return _number(whole[1].strip(), row.get(whole[1].strip(), ""))
    return filled(template, row) or None


def _number(column: str, text: str) -> int | float | None:
    """Return the number in a cell; a decimal comma is understood where there is no point."""
    if not text:
        return None
    plain = text.replace(" ", "").replace("\u00a0", "")
    if "," in plain and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        return int(plain) if re.fullmatch(r"[+-]?\d{1,15}", plain) else float(plain)
    except ValueError:
        raise ValueError(f"column {column!r} holds no number") from None


def columns_of(template: object) -> frozenset[str]:
    """Return every column that a template names."""
    found: set[str] = set()
    waiting: list[object] = [template]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, str):
            found.update(cell[1].strip() for cell in _CELL.finditer(part))
    return frozenset(found)
