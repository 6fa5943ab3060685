"""``assistant index``: read the knowledge and build the index the answers come from."""

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import DataDirOption, KnowledgeOption
from assistant.cli.read_settings import read_settings
from assistant.cli.terminal import print_error, print_line, progress


def index(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]", help="Folder, file or zip to read; default: the pack's articles."
        ),
    ] = None,
    knowledge: KnowledgeOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Read documents, cut them into passages and build the knowledge index.

    Reads Markdown with front matter, HTML, PDF, DOCX, CSV of questions and answers, and zips of
    them. Only what changed is embedded again. The index is built aside and swapped in whole: a
    running service goes on answering from the old one and then takes the new one by itself.
    Files that cannot be read are named, the others are indexed, and the exit code is 1.

    Example: `assistant index handbook.zip`
    """
    settings = read_settings(knowledge=knowledge, data_dir=data_dir)
    from assistant import bootstrap  # noqa: PLC0415 - loads the model's libraries

    with bootstrap.build(settings) as assistant, progress("passages") as advance:
        report = assistant.build_index(folder, on_progress=advance)
    print_line(
        f"{report.documents:,} documents, {report.passages:,} passages, "
        f"{report.embedded:,} texts embedded, in {report.seconds:.1f} s"
    )
    for finding in report.findings:
        print_error(f"{finding.ref}: {finding.reason}")
    if report.findings:
        raise typer.Exit(1)
