"""The operator's data-protection tasks: a customer's export, a breach report.

Whatever an operator reads of a customer is written into that customer's access log before it is
handed out, under the name of the account that runs the command.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from assistant.bootstrap.access_watch import look_now
from assistant.bootstrap.assembly import Assistant
from assistant.bootstrap.operator_log import operator
from assistant.bootstrap.transparency import open_export, open_transparency
from assistant.core.actor import Role
from assistant.core.errors import InvalidInput, NotFound
from assistant.core.ids import CustomerId
from assistant.profile.transparency.breach_report import (
    BreachQuestion,
    BreachReport,
    BreachReports,
    KeyExposure,
)
from assistant.profile.transparency.export import Exporting
from assistant.store.engine import Database


def export_customer(
    assistant: Assistant,
    subject: str,
    path: Path,
    *,
    lang: str = "en",
    on_progress: Callable[[int], None] = lambda _bytes: None,
) -> int:
    """Write everything stored of the customer ``subject`` to ``path`` (mode 0600); return bytes.

    Raises:
        NotFound: the company's id is of nobody.
        InvalidInput: there is such a file already.
    """
    database, at = assistant.stores.database, assistant.clock()
    customer = database.read_now(lambda c: assistant.stores.customers.find_customer(c, subject))
    if customer is None:
        raise NotFound("there is no customer with this id")
    export = open_export(assistant, open_transparency(assistant))
    descriptor = _create(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            database.write_now(
                lambda c: export.log(
                    c, customer.customer_id, role=Role.OPERATOR, actor=operator(), at=at
                )
            )
            exporting = Exporting(customer.customer_id, lang, at, database.read_now)
            for piece in export.stream(exporting):
                file.write(piece)
                on_progress(file.tell())
            size = file.tell()
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    look_now(assistant)
    return size


def _create(path: Path) -> int:
    """Make the file for its owner only, and refuse to write over another."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InvalidInput(f"{str(path)!r} exists: name a file that does not") from None


def report_breach(assistant: Assistant, question: BreachQuestion) -> BreachReport:
    """Return what was read in a stretch of time."""
    reports = _reports(assistant)
    return assistant.stores.database.read_now(lambda c: reports.report(c, question))


def report_key(assistant: Assistant, epoch: int) -> KeyExposure:
    """Return whom the loss of the key-encryption key of ``epoch`` exposes.

    Raises:
        InvalidInput: there never was such an epoch; nobody must take that for "nobody".
    """
    newest = assistant.stores.keys.latest_epoch() or 0
    if not 1 <= epoch <= newest:
        raise InvalidInput(f"there is no key of epoch {epoch}: the present one is {newest}")
    reports = _reports(assistant)
    keys = Database.open(assistant.settings.resolved_keys_url(), pool_size=1)
    try:
        wrapped = keys.read_now(lambda c: reports.list_customers_of_epoch(c, epoch))
    finally:
        keys.close_now()
    return assistant.stores.database.read_now(lambda c: reports.exposure(c, epoch, wrapped))


def reveal(
    assistant: Assistant, customers: Iterable[CustomerId], *, at: datetime
) -> Mapping[CustomerId, str | None]:
    """Return the company's ids of these customers, after writing that into their access logs."""
    reports, named = _reports(assistant), list(customers)
    names = assistant.stores.database.write_now(
        lambda c: reports.reveal(c, named, actor=operator(), at=at)
    )
    look_now(assistant)
    return names


def _reports(assistant: Assistant) -> BreachReports:
    stores = assistant.stores
    return BreachReports(customers=stores.customers, access_log=stores.access_log)
