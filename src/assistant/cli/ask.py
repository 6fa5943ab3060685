"""``assistant ask``: one turn without a server, with its sources."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import DatabaseOption, DataDirOption, KnowledgeOption
from assistant.cli.read_settings import read_settings
from assistant.cli.terminal import print_line
from assistant.core.errors import InvalidInput

if TYPE_CHECKING:
    from assistant.dialogue.turns import Reply


def ask(
    question: Annotated[str, typer.Argument(help="What the customer would type.")],
    customer: Annotated[
        str | None,
        typer.Option("--customer", metavar="ID", help="The company's id of the customer who asks."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reply as JSON.")] = False,
    knowledge: KnowledgeOption = None,
    database: DatabaseOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Ask one question and print the answer with its sources.

    With `--customer` the answer may use that customer's own history, exactly as far as they
    consented; the turn is stored and logged like any other. Without it, somebody unknown asks.

    Example: `assistant ask "When does my kettle arrive?" --customer mira@shop.example`
    """
    if customer is not None and not (customer and customer.isprintable()):
        raise InvalidInput("--customer takes the company's id of a customer, as printable text")
    settings = read_settings(knowledge=knowledge, database_url=database, data_dir=data_dir)
    from assistant import bootstrap  # noqa: PLC0415 - loads the model's libraries

    with bootstrap.build(settings) as assistant:
        reply = assistant.ask(question, subject=customer)
    if as_json:
        from assistant.web.replies import reply_body  # noqa: PLC0415 - loads the web layer

        print_line(json.dumps(reply_body(reply), ensure_ascii=False, indent=2))
    else:
        _print_reply(reply)


def _print_reply(reply: "Reply") -> None:
    """Print the text, then the sources that it cites, then what could be done next."""
    print_line(reply.text)
    for citation in reply.citations:
        print_line(f"  [{citation.kind}] {citation.title} ({citation.ref})")
    for action in reply.actions:
        print_line(f"  > {action.label}")
