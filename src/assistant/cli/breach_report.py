"""``assistant breach-report``: whom a breach touched, for a stretch of time, a reader or a key."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import DatabaseOption, DataDirOption
from assistant.cli.private_files import refuse_target, write_private
from assistant.cli.read_settings import read_settings
from assistant.cli.tables import print_table
from assistant.cli.terminal import print_line
from assistant.core.clock import to_rfc3339
from assistant.core.errors import InvalidInput

if TYPE_CHECKING:
    from assistant.bootstrap import Assistant
    from assistant.core.ids import CustomerId
    from assistant.profile.transparency.breach_report import (
        BreachReport,
        KeyExposure,
        Reader,
        TouchedCategory,
        TouchedCustomer,
    )

    Names = Mapping[CustomerId, str | None]

_SHOWN = 50


def breach_report(
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="First moment, such as 2026-03-01 (UTC)."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Moment after the last; else now.")
    ] = None,
    actor: Annotated[
        str | None, typer.Option("--actor", help="Only what this reader read, as logs name them.")
    ] = None,
    key_epoch: Annotated[
        int | None,
        typer.Option("--key-epoch", metavar="N", help="Whom the loss of this key exposes."),
    ] = None,
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Also write everything as JSON.")
    ] = None,
    *,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Name the customers; each gets a log entry about it.")
    ] = False,
    database: DatabaseOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Say which customers a breach touched, in which categories, and how much.

    With `--from` it adds up the access log of that time (`--to`, `--actor` narrow it) and shows the
    alarms for bulk reading; with `--key-epoch` it names everybody whose data key is or was wrapped
    under that key-encryption key. Customers are shown by internal ids; `--reveal` names them by the
    company's ids and writes that into each one's access log first.

    Example: `assistant breach-report --from 2026-03-01 --to 2026-03-03 --json breach.json`
    """
    if since is None and key_epoch is None:
        raise InvalidInput("name a stretch of time with --from, or a key with --key-epoch")
    if json_out is not None:
        refuse_target(json_out)
    settings = read_settings(database_url=database, data_dir=data_dir)
    from assistant import bootstrap  # noqa: PLC0415 - loads the database's libraries

    told: dict[str, object] = {}
    with bootstrap.build(settings) as assistant:
        if since is not None:
            told |= _tell_window(assistant, since, until, actor, reveal=reveal)
        if key_epoch is not None:
            told |= _tell_key(assistant, key_epoch, reveal=reveal)
    if json_out is not None:
        write_private(json_out, json.dumps(told, indent=2) + "\n")
        print_line(f"{json_out}: everything, readable by this account only")


def _tell_window(
    assistant: "Assistant", since: str, until: str | None, actor: str | None, *, reveal: bool
) -> dict[str, object]:
    from assistant.bootstrap import data_protection  # noqa: PLC0415 - heavy
    from assistant.profile.transparency.breach_report import BreachQuestion  # noqa: PLC0415 - as above

    now = assistant.clock()
    begin, end = _moment(since, "--from"), _moment(until, "--to") if until else now
    if begin >= end:
        raise InvalidInput("--from must be before --to")
    question = BreachQuestion(begin, end, actor)
    report = data_protection.report_breach(assistant, question)
    names: Names = {}
    if reveal:
        touched = [customer.customer_id for customer in report.customers]
        names = data_protection.reveal(assistant, touched, at=now)
    _print_window(report, names)
    return _window_document(report, names)


def _tell_key(assistant: "Assistant", epoch: int, *, reveal: bool) -> dict[str, object]:
    from assistant.bootstrap import data_protection  # noqa: PLC0415 - heavy

    exposure = data_protection.report_key(assistant, epoch)
    names: Names = {}
    if reveal:
        names = data_protection.reveal(assistant, exposure.customers, at=assistant.clock())
    _print_key(exposure, names)
    return {
        "key_epoch": {
            "epoch": exposure.epoch,
            "customers": [_named(customer, names) for customer in exposure.customers],
            "gone": exposure.gone,
            "categories": [
                {"category": h.category, "customers": h.customers, "items": h.items}
                for h in exposure.holdings
            ],
        }
    }


def _moment(text: str, option: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"{option} takes a time such as 2026-03-01 or 2026-03-01T09:30:00Z"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _print_window(report: "BreachReport", names: "Names") -> None:
    asked = report.question
    print_line(f"From {to_rfc3339(asked.since)} to before {to_rfc3339(asked.until)}\n")
    readers = [
        (r.actor, r.role.value, len(r.customers), r.readings, r.items) for r in report.readers
    ]
    print_table(("reader", "role", "customers", "readings", "items opened"), readers)
    categories = [(c.category, len(c.customers), c.items) for c in report.categories]
    print_table(("category", "customers", "items, at most"), categories)
    alarms = [(a.actor, to_rfc3339(a.raised_at), a.customers, a.items) for a in report.alarms]
    print_table(("alarm: reader", "raised", "customers", "items"), alarms)
    customers = [
        (*_row_name(c.customer_id, names), c.readings, c.items, " ".join(sorted(c.categories)))
        for c in report.customers
    ]
    _print_customers(names, ("readings", "items opened", "categories"), customers)


def _print_key(exposure: "KeyExposure", names: "Names") -> None:
    print_line(f"Data keys that are or were wrapped under the key of epoch {exposure.epoch}\n")
    holdings = [(h.category, h.customers, h.items) for h in exposure.holdings]
    print_table(("category", "customers", "items stored"), holdings)
    if exposure.gone:
        print_line(f"{exposure.gone:,} of the keys belong to customers who are no longer stored")
    rows = [_row_name(customer, names) for customer in exposure.customers]
    _print_customers(names, (), rows)


def _print_customers(
    names: "Names", further: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    heads = ("customer", "company's id") if names else ("customer",)
    print_table((*heads, *further), rows[:_SHOWN])
    if len(rows) > _SHOWN:
        print_line(f"and {len(rows) - _SHOWN:,} more; --json OUT writes all of them")
    print_line(f"customers touched: {len(rows):,}")


def _row_name(customer: "CustomerId", names: "Names") -> tuple[str, ...]:
    if not names:
        return (customer,)
    return (customer, names.get(customer) or "(a visitor)")


def _named(customer: "CustomerId", names: "Names") -> dict[str, object]:
    shown: dict[str, object] = {"customer": customer}
    if names:
        shown["company_id"] = names.get(customer)
    return shown


def _window_document(report: "BreachReport", names: "Names") -> dict[str, object]:
    return {
        "from": to_rfc3339(report.question.since),
        "to": to_rfc3339(report.question.until),
        "actor": report.question.actor,
        "customers": [_customer_document(customer, names) for customer in report.customers],
        "readers": [
            _counted(r, actor=r.actor, role=r.role.value, readings=r.readings)
            for r in report.readers
        ],
        "categories": [_counted(c, category=c.category) for c in report.categories],
        "alarms": [
            {
                "actor": alarm.actor,
                "role": alarm.role.value,
                "raised_at": to_rfc3339(alarm.raised_at),
                "customers": alarm.customers,
                "items": alarm.items,
            }
            for alarm in report.alarms
        ],
    }


def _customer_document(customer: "TouchedCustomer", names: "Names") -> dict[str, object]:
    return {
        **_named(customer.customer_id, names),
        "readings": customer.readings,
        "items": customer.items,
        "categories": sorted(customer.categories),
        "readers": sorted(customer.actors),
        "first": customer.first and to_rfc3339(customer.first),
        "last": customer.last and to_rfc3339(customer.last),
    }


def _counted(total: "Reader | TouchedCategory", **about: str | int) -> dict[str, object]:
    return {**about, "customers": len(total.customers), "items": total.items}
