"""Imports consent decisions that were made elsewhere, with the evidence of where.

NDJSON, CSV or a JSON list of ``{subject, purpose, decision, categories?, version?, text_sha256?,
at, evidence}``. In CSV, ``categories`` are separated by spaces or semicolons and the columns
``evidence.page``, ``evidence.form``… make up the evidence. A decision that is recorded already is a
duplicate, so a file may be imported again.
"""

import csv
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeAlias

import orjson

from assistant.channels.cloudevents import Invalid
from assistant.channels.decisions import DecisionIntake, DecisionParser, SubjectDecision
from assistant.channels.import_outcome import ImportOutcome, Tally
from assistant.channels.lines import MAX_LINE_BYTES, decoded_lines, read_lines
from assistant.channels.problems import json_problem
from assistant.core.errors import InvalidInput
from assistant.store.engine import Database

CHUNK = 200
MAX_LIST_BYTES = 64 * 1024 * 1024
"""A JSON list is read whole; what is larger comes as NDJSON."""

_Numbered: TypeAlias = "tuple[int, SubjectDecision | Invalid]"


class ConsentImport:
    """Imports files of decisions; blocking, in chunks of one transaction each."""

    def __init__(
        self, *, database: Database, intake: DecisionIntake, parser: DecisionParser
    ) -> None:
        self._database = database
        self._intake = intake
        self._parser = parser

    def run(self, path: Path, *, on_progress: Callable[[int], None] | None = None) -> ImportOutcome:
        """Import ``path``; ``on_progress`` is called with the number of the last line done.

        In a JSON list an entry's place in the list stands for its line.

        Raises:
            InvalidInput: the file cannot be read.
        """
        tally = Tally()
        try:
            with path.open("rb") as stream:
                decisions = self._decisions(path, stream)
                while chunk := list(islice(decisions, CHUNK)):
                    self._import_chunk(chunk, tally)
                    if on_progress:
                        on_progress(chunk[-1][0])
        except OSError as error:
            raise InvalidInput(f"{path}: cannot be read ({error.strerror})") from None
        return tally.outcome()

    def _import_chunk(self, chunk: list[_Numbered], tally: Tally) -> None:
        decisions = [decision for _, decision in chunk]
        results = self._database.write_now(lambda c: self._intake.record_batch(c, decisions))
        for (line, _), result in zip(chunk, results, strict=True):
            tally.add(line, result)

    def _decisions(self, path: Path, stream: BinaryIO) -> Iterator[_Numbered]:
        if path.suffix.lower() == ".csv":
            return self._from_table(stream)
        return self._from_list(path, stream) if _is_list(stream) else self._from_lines(stream)

    def _from_lines(self, stream: BinaryIO) -> Iterator[_Numbered]:
        for line in read_lines(stream):
            if line.content is None:
                yield line.number, Invalid(f"longer than {MAX_LINE_BYTES} bytes")
            elif line.content.strip():
                yield line.number, self._parser.parse_json(line.content)

    def _from_list(self, path: Path, stream: BinaryIO) -> Iterator[_Numbered]:
        text = stream.read(MAX_LIST_BYTES + 1)
        if len(text) > MAX_LIST_BYTES:
            raise InvalidInput(f"{path}: too large for a JSON list; write one decision a line")
        try:
            entries = orjson.loads(text.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError as error:
            raise InvalidInput(f"{path}: not JSON: {json_problem(error)}") from None
        yield from ((n, self._parser.parse(entry)) for n, entry in enumerate(entries, 1))

    def _from_table(self, stream: BinaryIO) -> Iterator[_Numbered]:
        table = csv.DictReader(decoded_lines(stream), restkey="", restval="")
        while True:
            try:
                row = next(table)
            except StopIteration:
                return
            except csv.Error:
                yield table.line_num, Invalid("not a row of the table")
                continue
            yield table.line_num, self._parser.parse(_unfolded(row))


def _is_list(stream: BinaryIO) -> bool:
    """Whether the file begins like a JSON list; the stream is back at its start afterwards."""
    begin = stream.read(64)
    stream.seek(0)
    return begin.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def _unfolded(row: dict[str, str]) -> dict[str, object]:
    """Return a CSV row in the form of the JSON one; empty cells are left out."""
    entry: dict[str, object] = {}
    evidence: dict[str, object] = {}
    for column, cell in row.items():
        if not isinstance(cell, str) or not cell.strip():
            continue
        name, value = column.strip(), cell.strip()
        if name.startswith("evidence."):
            evidence[name.removeprefix("evidence.")] = value
        elif name == "evidence":
            evidence["note"] = value
        elif name == "categories":
            entry[name] = value.replace(";", " ").split()
        else:
            entry[name] = int(value) if name == "version" and value.isdecimal() else value
    return {**entry, "evidence": evidence} if evidence else entry
