"""``assistant export``: everything that is stored of one customer, as the customer would get it."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from assistant.cli.options import DatabaseOption, DataDirOption, KnowledgeOption
from assistant.cli.private_files import refuse_target
from assistant.cli.read_settings import read_settings
from assistant.cli.terminal import print_line, progress
from assistant.core.errors import InvalidInput


def export(
    customer: Annotated[
        str, typer.Option("--customer", metavar="ID", help="The company's id of the customer.")
    ],
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="The zip to write; it must not exist.")
    ],
    lang: Annotated[
        Literal["en", "de"], typer.Option("--lang", help="Language of the readable page.")
    ] = "en",
    knowledge: KnowledgeOption = None,
    database: DatabaseOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write everything stored of a customer into a zip, readable by this account only.

    It is the archive that the customer gets from `GET /v1/me/export`: a manifest with checksums,
    signed receipts, events, conversations, facts, uses, the access log, every table in full, and a
    page to read. That it was made, and by which account, stands in the customer's access log before
    the first byte is written.

    Example: `assistant export --customer mira@shop.example --to mira.zip`
    """
    if not (customer and customer.isprintable()):
        raise InvalidInput("--customer takes the company's id of a customer, as printable text")
    refuse_target(to)
    settings = read_settings(knowledge=knowledge, database_url=database, data_dir=data_dir)
    from assistant import bootstrap  # noqa: PLC0415 - loads the database's libraries
    from assistant.bootstrap import data_protection  # noqa: PLC0415 - as above

    with bootstrap.build(settings) as assistant, progress("export, bytes") as advance:
        size = data_protection.export_customer(
            assistant, customer, to, lang=lang, on_progress=advance
        )
    print_line(f"{to}: {size:,} bytes; the export stands in the customer's access log")
