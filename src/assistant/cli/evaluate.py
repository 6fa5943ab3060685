"""``assistant evaluate``: how good retrieval is, on folders with known answers."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.read_settings import read_settings

_CACHE = Path("build/embeddings-cache")
"""Vectors of public sets, kept between runs; below the folder the command runs in."""


def evaluate(
    folders: Annotated[
        list[Path], typer.Argument(metavar="FOLDER...", help="Data sets, one folder each.")
    ],
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write the measures as JSON.")
    ] = None,
    rankings: Annotated[
        Path | None,
        typer.Option("--rankings", metavar="OUT", help="Write each question's ranking as JSONL."),
    ] = None,
) -> None:
    """Run the questions of data-set folders and print each measure with its number of questions.

    `--json` writes `[{"set", "measure", "value", "n"}]`. `--rankings` writes one line a question
    with the ids found, best first, and works where the expected answers are absent too. Vectors
    are kept in `build/embeddings-cache`, so that a second run takes seconds a set.

    Example: `assistant evaluate data/retail data/banking --json measures.json`
    """
    settings = read_settings()
    # Loaded here because they bring the model's libraries.
    from rich.console import Console  # noqa: PLC0415

    from assistant.bootstrap.embedding import open_embedder  # noqa: PLC0415
    from assistant.evaluation import run_evaluation  # noqa: PLC0415
    from assistant.evaluation.embedding_cache import CachedEmbedder  # noqa: PLC0415
    from assistant.retrieval.encoding import EncodingService  # noqa: PLC0415

    embedder = CachedEmbedder(embedder=open_embedder(settings), folder=_CACHE)
    with closing(EncodingService(embedder=embedder)) as encoding:
        run_evaluation(
            folders,
            encoding=encoding,
            console=Console(),
            json_path=json_file,
            rankings_path=rankings,
        )
