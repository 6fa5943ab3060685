"""``assistant serve``: run the service until it is stopped."""

from assistant.cli.options import (
    AcceptOption,
    DatabaseOption,
    DataDirOption,
    HostOption,
    KnowledgeOption,
    PortOption,
)
from assistant.cli.read_settings import read_settings
from assistant.cli.terminal import print_line


def serve(
    knowledge: KnowledgeOption = None,
    database: DatabaseOption = None,
    data_dir: DataDirOption = None,
    host: HostOption = None,
    port: PortOption = None,
    accept_lost_ledger: AcceptOption = False,  # noqa: FBT002 - typer's way to say a flag
) -> None:
    """Run the service and print the pages to open; Ctrl-C finishes the turns under way and stops.

    Without options: SQLite in `./data`, the pack `knowledge/market`, http://127.0.0.1:8080. Keys
    must exist (`assistant init-keys`), and tables are brought up to date at start. Behind a proxy,
    let it end TLS and forward WebSockets. A database that was restored first does what the erasure
    ledger says; where the ledger was lost the service does not start, unless that is accepted.

    Example: `assistant serve --knowledge knowledge/market --port 9000`
    """
    settings = read_settings(
        knowledge=knowledge, database_url=database, data_dir=data_dir, host=host, port=port
    )
    from assistant import bootstrap  # noqa: PLC0415 - loads the model's libraries

    bootstrap.serve(settings, announce=print_line, accept_lost_ledger=accept_lost_ledger)
