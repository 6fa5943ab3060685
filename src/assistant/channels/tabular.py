"""Reads tables: a CSV file and a mapping file that says what its columns mean.

The mapping is YAML. ``{Column name}`` stands for a cell; ``{Column name|number}`` for its number.
What comes out empty is left out, so optional columns need no care. ``together: true`` joins
neighbouring rows of the same event (an order with a row for each item) by appending their lists::

    delimiter: ";"
    time_format: "%d.%m.%Y %H:%M"
    time_zone: Europe/Berlin
    together: true
    event:
      source: till.marlow.example
      id: "order-{Order}"
      type: order.placed
      subject: "{Customer}"
      time: "{Date}"
      data:
        order_id: "{Order}"
        items:
          - {name: "{Article}", quantity: "{Pieces|number}", price: "{Price|number}"}
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints

from assistant.channels.cloudevents import EventParser, Invalid, ParsedEvent
from assistant.channels.lines import decoded_lines, is_broken
from assistant.channels.row_templates import Row, columns_of, filled, value_of
from assistant.core.errors import InvalidInput
from assistant.core.events import JsonValue
from assistant.profile.pack.files import PackFile, PackModel, read_pack_file

MAX_TOGETHER = 1000
"""Rows joined into one event; more is a mapping whose id is the same for every row."""

Template: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class EventTemplate(PackModel):
    """How a row becomes an event."""

    source: Template
    id: Template
    type: Template
    subject: Template
    time: Template
    category: Template | None = None
    data: dict[str, object] = Field(default_factory=dict)


class MappingSchema(PackModel):
    """A mapping file as it is written."""

    delimiter: Annotated[str, StringConstraints(strip_whitespace=False)] = ","
    time_format: str | None = None
    time_zone: str = "UTC"
    together: bool = False
    event: EventTemplate


@dataclass(frozen=True, slots=True)
class TableMapping:
    """A mapping that was read and makes sense."""

    schema: MappingSchema
    zone: ZoneInfo
    columns: frozenset[str]

    @classmethod
    def load(cls, path: Path) -> "TableMapping":
        """Read a mapping file.

        Raises:
            PackInvalid: naming file and line.
        """
        file = read_pack_file(path)
        schema = file.parse(MappingSchema)
        if len(schema.delimiter) != 1:
            raise file.wrong(("delimiter",), "must be one character")
        return cls(
            schema=schema, zone=_zone(file, schema), columns=columns_of(schema.event.model_dump())
        )

    def document(self, row: Row) -> Mapping[str, JsonValue] | Invalid:
        """Return the CloudEvent that a row stands for."""
        template = self.schema.event
        time = self._time(filled(template.time, row))
        if isinstance(time, Invalid):
            return time
        try:
            data = value_of(template.data, row)
        except ValueError as error:
            return Invalid(f"data: {error}")
        document: dict[str, JsonValue] = {
            name: filled(text, row)
            for name, text in (
                ("source", template.source),
                ("id", template.id),
                ("type", template.type),
                ("subject", template.subject),
                ("category", template.category or ""),
            )
            if text
        }
        return {k: v for k, v in document.items() if v} | {"time": time, "data": data or {}}

    def _time(self, text: str) -> str | Invalid:
        """Return the row's time as RFC 3339."""
        if self.schema.time_format is None:
            return text
        try:
            moment = datetime.strptime(text, self.schema.time_format)  # noqa: DTZ007 - next line
            moment = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
            return moment.astimezone(UTC).isoformat()
        except (ValueError, OverflowError):
            return Invalid("time: does not have the form of time_format")


def read_table(
    stream: BinaryIO, mapping: TableMapping, parser: EventParser
) -> Iterator[tuple[int, ParsedEvent, int]]:
    """Yield the events of a CSV file with the line each ends at and about its size in bytes.

    Raises:
        InvalidInput: the header lacks a column that the mapping names.
    """
    rows = _documents(stream, mapping)
    for line, document, size in _joined(rows) if mapping.schema.together else rows:
        if isinstance(document, Invalid):
            yield line, document, 0
        else:
            yield line, parser.parse(document), size


_Numbered: TypeAlias = tuple[int, "Mapping[str, JsonValue] | Invalid", int]


def _documents(stream: BinaryIO, mapping: TableMapping) -> Iterator[_Numbered]:
    """Yield a document for every row below the header; broken text makes its row invalid."""
    table = csv.reader(decoded_lines(stream), delimiter=mapping.schema.delimiter)
    header: list[str] | None = None
    while True:
        try:
            cells = next(table)
        except StopIteration:
            break
        except csv.Error:
            yield table.line_num, Invalid("not a row of the table: a cell is too long or broken"), 0
            continue
        if header is None:
            header = _checked_header(cells, mapping)
        elif cells:
            yield table.line_num, _document(cells, header, mapping), sum(map(len, cells))


def _checked_header(cells: list[str], mapping: TableMapping) -> list[str]:
    header = [cell.strip() for cell in cells]
    missing = sorted(mapping.columns - set(header))
    if missing:
        raise InvalidInput(
            f"the table has no column {missing[0]!r}, which the mapping names; "
            f"check the header line and the delimiter {mapping.schema.delimiter!r}"
        )
    return header


def _document(
    cells: list[str], header: list[str], mapping: TableMapping
) -> Mapping[str, JsonValue] | Invalid:
    if len(cells) != len(header):
        return Invalid(f"has {len(cells)} cells where the header has {len(header)}")
    for name, cell in zip(header, cells, strict=True):
        if is_broken(cell):
            shown = f"column {name!r}" if name in mapping.columns else "a column"
            return Invalid(f"{shown}: not UTF-8 text")
    return mapping.document(dict(zip(header, (cell.strip() for cell in cells), strict=True)))


def _joined(rows: Iterator[_Numbered]) -> Iterator[_Numbered]:
    """Join neighbouring rows of one source and id by appending the lists in their data."""
    held: _Numbered | None = None
    count = 0
    for row in rows:
        if held is not None and count < MAX_TOGETHER and _same_event(held[1], row[1]):
            held, count = (row[0], _appended(held[1], row[1]), held[2] + row[2]), count + 1
            continue
        if held is not None:
            yield held
        held, count = row, 1
    if held is not None:
        yield held


def _same_event(a: object, b: object) -> bool:
    return (
        isinstance(a, Mapping)
        and isinstance(b, Mapping)
        and all(a.get(name) == b.get(name) for name in ("source", "id"))
    )


def _appended(a: object, b: object) -> Mapping[str, JsonValue]:
    """Return ``a`` with the lists of ``b``'s data at the end of its own."""
    assert isinstance(a, Mapping)  # noqa: S101 - _same_event proved it
    assert isinstance(b, Mapping)  # noqa: S101
    data = dict(a["data"])
    for name, value in b["data"].items():
        if isinstance(value, list) and isinstance(data.get(name), list):
            data[name] = [*data[name], *value]
    return {**a, "data": data}


def _zone(file: PackFile, schema: MappingSchema) -> ZoneInfo:
    try:
        return ZoneInfo(schema.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise file.wrong(("time_zone",), f"{schema.time_zone!r} is not a known zone") from None
