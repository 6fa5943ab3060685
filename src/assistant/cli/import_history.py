"""``assistant import``: take over what happened, and what customers decided, from files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import DatabaseOption, DataDirOption, KnowledgeOption
from assistant.cli.read_settings import read_settings
from assistant.cli.terminal import print_error, print_line, progress
from assistant.core.errors import InvalidInput

if TYPE_CHECKING:
    from assistant.bootstrap import Assistant
    from assistant.channels.import_outcome import ImportOutcome

_SHOWN_PROBLEMS = 20


def import_history(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...", help="Events: NDJSON of CloudEvents, or CSV with --mapping."
        ),
    ] = None,
    consents: Annotated[
        list[Path] | None,
        typer.Option(
            "--consents", metavar="FILE", help="Consent decisions with their evidence; read first."
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", metavar="FILE", help="How a CSV's columns become events."),
    ] = None,
    knowledge: KnowledgeOption = None,
    database: DatabaseOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Import events and consent decisions, line by line, into customers' sealed histories.

    Every line ends as stored, already known, refused (no lawful basis for its category: counted,
    never stored) or wrong. Wrong lines are named with their number, the good ones are stored, and
    the exit code is 1. An import that was stopped goes on where it was; importing a file twice
    changes nothing.

    Example: `assistant import orders.ndjson --consents consents.ndjson`
    """
    settings = read_settings(knowledge=knowledge, database_url=database, data_dir=data_dir)
    if not files and not consents:
        raise InvalidInput("nothing to import: name a FILE, or --consents FILE")
    from assistant import bootstrap  # noqa: PLC0415 - loads the database's libraries

    with bootstrap.build(settings) as assistant:
        wrong = _import_all(assistant, files or [], consents or [], mapping)
    if wrong:
        raise typer.Exit(1)


def _import_all(
    assistant: "Assistant", files: Sequence[Path], consents: Sequence[Path], mapping: Path | None
) -> int:
    """Import decisions before events, because events may rest on them; return the wrong lines."""
    wrong = 0
    for path in consents:
        with progress(f"{path.name}, lines") as advance:
            outcome = assistant.import_consents(path, on_progress=advance)
        wrong += _report(path, outcome)
    for path in files:
        with progress(f"{path.name}, lines") as advance:
            outcome = assistant.import_events(path, mapping=mapping, on_progress=advance)
        wrong += _report(path, outcome)
    return wrong


def _report(path: Path, outcome: "ImportOutcome") -> int:
    """Print what became of the lines of a file; return how many were wrong."""
    refused = sum(outcome.refused.values())
    codes = ", ".join(f"{code} {count:,}" for code, count in sorted(outcome.refused.items()))
    if outcome.resumed_after:
        print_line(f"{path}: going on after line {outcome.resumed_after:,}")
    print_line(
        f"{path}: {outcome.stored:,} stored, {outcome.duplicates:,} already known, "
        f"{refused:,} refused{f' ({codes})' if codes else ''}, {outcome.invalid_count:,} wrong"
    )
    for problem in outcome.invalid[:_SHOWN_PROBLEMS]:
        print_error(f"{path}:{problem.line}: {problem.reason}")
    if outcome.invalid_count > _SHOWN_PROBLEMS:
        print_error(f"{path}: and {outcome.invalid_count - _SHOWN_PROBLEMS:,} more wrong lines")
    return outcome.invalid_count
