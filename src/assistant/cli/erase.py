"""``assistant erase``: carry out what somebody asked for by letter or by telephone."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from assistant.cli.options import DatabaseOption, DataDirOption, KnowledgeOption
from assistant.cli.private_files import refuse_target, write_private
from assistant.cli.read_settings import read_settings
from assistant.cli.terminal import print_line, progress
from assistant.core.erasure import ErasureState
from assistant.core.errors import AssistantError, InvalidInput, NotFound, Overloaded

if TYPE_CHECKING:
    from assistant.bootstrap import Assistant
    from assistant.profile.erasure.requests import Requested
    from assistant.store.erasures import Erasure

_STATES: Final = tuple(ErasureState)
_LOOK_S: Final = 0.2
_PATIENCE_S: Final = 60.0
"""How long a step may be tried again for the same reason before the command gives up waiting."""


def erase(
    customer: Annotated[
        str, typer.Option("--customer", metavar="ID", help="The company's id of the customer.")
    ],
    scope: Annotated[
        Literal["item", "conversation", "category", "all_data", "everything"],
        typer.Option("--scope", help="What to erase; `all_data` keeps the account."),
    ] = "everything",
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="ID", help="The item, conversation or category."),
    ] = None,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Carry it out now, until it is physically verified.")
    ] = False,
    receipt: Annotated[
        Path | None,
        typer.Option("--receipt", metavar="FILE", help="Write the signed receipt; needs --wait."),
    ] = None,
    knowledge: KnowledgeOption = None,
    database: DatabaseOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Erase a customer, or a part of what is stored of them.

    From the first line of output on nothing of it is used or shown, by any process. A running
    `assistant serve` destroys keys and rows within seconds; with `--wait` this command does it
    itself and prints the signed receipt, which `assistant verify-receipt` checks.

    Example: `assistant erase --customer mira@shop.example --wait --receipt mira.json`
    """
    if not (customer and customer.isprintable()):
        raise InvalidInput("--customer takes the company's id of a customer, as printable text")
    if receipt is not None and not wait:
        raise InvalidInput("--receipt needs --wait: there is no receipt before the rows are gone")
    if receipt is not None:
        refuse_target(receipt)
    settings = read_settings(knowledge=knowledge, database_url=database, data_dir=data_dir)
    from assistant import bootstrap  # noqa: PLC0415 - loads the database's libraries
    from assistant.profile.erasure.requests import ErasureScope  # noqa: PLC0415 - as above

    with bootstrap.build(settings) as assistant:
        requested = _request(assistant, customer, ErasureScope(scope, target))
        print_line(f"erasure       {requested.erasure_id}")
        print_line(f"status token  {requested.status_token}")
        print_line(f"state         {requested.state}")
        if wait:
            _finish(assistant, requested, receipt)
        else:
            print_line("`assistant serve` carries it out; so does this command with --wait")


def _request(assistant: "Assistant", customer: str, scope: object) -> "Requested":
    stores, at = assistant.stores, assistant.clock()
    known = stores.database.read_now(lambda c: stores.customers.find_customer(c, customer))
    if known is None:
        raise NotFound("nobody is known by this id: there is nothing to erase")
    return stores.database.write_now(
        lambda c: assistant.erasures.request(
            c,
            known.customer_id,
            scope,  # type: ignore[arg-type]  # an ErasureScope, imported when the command runs
            at=at,
            cause="operator",
        )
    )


def _finish(assistant: "Assistant", requested: "Requested", target: Path | None) -> None:
    """Carry the erasure out, whoever else works on it, and hand over the receipt."""
    with progress("states") as advance:
        done = _wait(assistant, requested, advance)
    print_line(f"state         {done.state}")
    document = assistant.erasing.receipts(assistant.signer).find_receipt(done)
    text = json.dumps(document, ensure_ascii=False, indent=2)
    if target is None:
        print_line(text)
        return
    try:
        write_private(target, text + "\n")
    except OSError:
        print_line(text)  # there is no other copy at hand
        raise
    print_line(f"receipt       {target}")


def _wait(
    assistant: "Assistant", requested: "Requested", advance: Callable[[int, int], None]
) -> "Erasure":
    """Return the erasure once it is verified, or waits for a rotation of keys.

    Raises:
        Overloaded: a step cannot be done, for a reason that is named.
    """
    engine = assistant.erasing.engine()
    last = _STATES.index(ErasureState.PHYSICALLY_VERIFIED)
    since = time.monotonic()
    while True:
        worked = engine.run_once()
        found = _find(assistant, requested)
        reached = _STATES.index(found.state)
        advance(reached, last)
        if reached >= last:
            return found
        if found.state is ErasureState.ROWS_PURGED and found.problem is None and not worked:
            print_line("the key database is PostgreSQL: run `assistant rotate-keys` to finish")
            return found
        if found.problem is not None and time.monotonic() > since + _PATIENCE_S:
            raise Overloaded(
                f"stopped waiting in the state {found.state}: {found.problem} (docs/api.md "
                "explains it); the erasure stands, and `assistant serve` goes on with it"
            )
        time.sleep(_LOOK_S)


def _find(assistant: "Assistant", requested: "Requested") -> "Erasure":
    found = assistant.stores.database.read_now(
        lambda c: assistant.erasures.find_by_token(c, requested.erasure_id, requested.status_token)
    )
    if found is None:
        raise AssistantError("the erasure is not there any more")
    return found
