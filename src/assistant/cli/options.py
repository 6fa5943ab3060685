"""Options that several commands share, said in the same words everywhere."""

from pathlib import Path
from typing import Annotated

import typer

KnowledgeOption = Annotated[
    Path | None,
    typer.Option("--knowledge", metavar="DIR", help="Folder of the knowledge pack."),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="SQLite or PostgreSQL URL, such as postgresql://localhost/assistant.",
    ),
]
DataDirOption = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="Folder of the database and the index."),
]
HostOption = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
PortOption = Annotated[int | None, typer.Option("--port", help="Port to listen on.")]
AcceptOption = Annotated[
    bool,
    typer.Option(
        "--accept-lost-ledger",
        help="Go on although the erasure ledger lacks entries: nobody can say who was erased.",
    ),
]
