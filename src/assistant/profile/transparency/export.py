"""Everything that is stored of one customer as a zip archive, streamed.

The same rows as ``/v1/me/data``, by the same catalogue, page by page: receipts as they were signed,
events as CloudEvents, conversations, facts, uses, the access log, every table in full, and a page
to read. The manifest comes last, because it names the SHA-256 of every file.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

import orjson

from assistant.core.actor import Role
from assistant.core.clock import to_rfc3339
from assistant.core.events import JsonValue
from assistant.profile.transparency.export_page import PageWriter
from assistant.profile.transparency.items import DataCursor, DataItem, DataPage, Overview
from assistant.profile.transparency.own_data import Transparency
from assistant.profile.transparency.zip_stream import ZipStream
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.engine import Connection
from assistant.store.own_rows import OwnRow, RowKey, Section

T = TypeVar("T")

FORMAT = "assistant-export/1"
_PAGE = 200
_PLAIN = {
    "facts": "facts.ndjson",
    "uses": "uses.ndjson",
    "access_log": "access-log.ndjson",
    "consent_events": "consents.ndjson",
}
"""Sections that are also written as plain rows, under a name of their own."""

Read = Callable[[Callable[[Connection], T]], T]
"""Runs a function of a connection on a snapshot and returns what it returns."""


class SignedReceipt(Protocol):
    """A receipt as it is handed out."""

    @property
    def receipt_id(self) -> str:
        """What tells it from the others."""
        ...

    @property
    def content(self) -> bytes:
        """The exact bytes that were signed."""
        ...


class ReceiptSource(Protocol):
    """Lists a customer's signed receipts: ``profile.receipts.issuing.Receipts``."""

    def list_receipts(
        self, connection: Connection, customer_id: str, *, after: str | None, limit: int
    ) -> Sequence[SignedReceipt]:
        """Return up to ``limit`` receipts, newest first, that follow the one named ``after``."""
        ...


@dataclass(frozen=True, slots=True)
class Exporting:
    """One export: whose, in which language, when, and how its reads are run."""

    customer_id: str
    lang: str
    at: datetime
    read: Callable[[Callable[[Connection], object]], object]


class DataExport:
    """Writes exports; the reading is logged before the first byte."""

    def __init__(
        self,
        *,
        transparency: Transparency,
        receipts: ReceiptSource,
        access_log: AccessLogRepository,
    ) -> None:
        self._transparency = transparency
        self._receipts = receipts
        self._access_log = access_log

    def log(
        self, connection: Connection, customer_id: str, *, role: Role, actor: str, at: datetime
    ) -> None:
        """Note (in a write) that everything of the customer is about to be read, and by whom.

        Raises:
            NotFound: there is no such customer.
        """
        overview = self._transparency.overview(connection, customer_id, lang="en", gpc=False)
        entry = Access(
            role=role,
            purpose="own_request",
            categories=_categories(overview),
            items=sum(summary.count for summary in overview.sections),
            item_ids=(),
            at=at,
            actor=actor,
            reading="export",
        )
        self._access_log.add_access(connection, customer_id, entry)

    def stream(self, exporting: Exporting) -> Iterator[bytes]:
        """Yield the archive's bytes; blocks while it reads, so run it on a thread."""
        archive = ZipStream(at=exporting.at)
        overview = self._overview(exporting)
        yield from archive.add("overview.json", [_pretty(overview)])
        yield from self._add_receipts(archive, exporting)
        yield from archive.add("events.ndjson", self._cloud_events(exporting))
        yield from archive.add("conversations.ndjson", self._conversations(exporting))
        for section, name in _PLAIN.items():
            yield from archive.add(name, self._plain(exporting, section))
        for described in self._transparency.sections:
            pieces = self._told(exporting, described.name)
            yield from archive.add(f"items/{described.name}.ndjson", pieces)
        yield from archive.add("index.html", self._readable(exporting, overview))
        yield from archive.add("manifest.json", [_pretty(_manifest(archive, exporting))])
        yield from archive.finish()

    def _overview(self, exporting: Exporting) -> Overview:
        return _run(
            exporting,
            lambda c: self._transparency.overview(
                c, exporting.customer_id, lang=exporting.lang, gpc=False
            ),
        )

    def _add_receipts(self, archive: ZipStream, exporting: Exporting) -> Iterator[bytes]:
        after: str | None = None
        while True:
            page = _run(exporting, partial(self._receipt_page, exporting, after))
            for receipt in page:
                yield from archive.add(f"receipts/{receipt.receipt_id}.json", [receipt.content])
            if len(page) < _PAGE:
                return
            after = page[-1].receipt_id

    def _rows(self, exporting: Exporting, section: str) -> Iterator[OwnRow]:
        described = self._transparency.find_section(section)
        after: RowKey | None = None
        while True:
            page = _run(exporting, partial(self._row_page, exporting, described, after))
            yield from page
            if len(page) < _PAGE or not page[-1].key:
                return
            after = page[-1].key

    def _items(self, exporting: Exporting, section: str) -> Iterator[DataItem]:
        cursor: DataCursor | None = None
        while True:
            page = _run(exporting, partial(self._item_page, exporting, section, cursor))
            yield from page.items
            if page.next is None:
                return
            cursor = page.next

    def _receipt_page(
        self, exporting: Exporting, after: str | None, connection: Connection
    ) -> Sequence[SignedReceipt]:
        customer_id = exporting.customer_id
        return self._receipts.list_receipts(connection, customer_id, after=after, limit=_PAGE)

    def _row_page(
        self, exporting: Exporting, section: Section, after: RowKey | None, connection: Connection
    ) -> Sequence[OwnRow]:
        rows, customer_id = self._transparency.rows, exporting.customer_id
        return rows.page_rows(connection, customer_id, section, after=after, limit=_PAGE)

    def _item_page(
        self,
        exporting: Exporting,
        section: str,
        cursor: DataCursor | None,
        connection: Connection,
    ) -> DataPage:
        return self._transparency.page(
            connection,
            exporting.customer_id,
            lang=exporting.lang,
            limit=_PAGE,
            cursor=cursor,
            only=section,
        )

    def _told(self, exporting: Exporting, section: str) -> Iterator[bytes]:
        for item in self._items(exporting, section):
            yield orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE)

    def _plain(self, exporting: Exporting, section: str) -> Iterator[bytes]:
        for row in self._rows(exporting, section):
            yield orjson.dumps(dict(row.values), option=orjson.OPT_APPEND_NEWLINE)

    def _conversations(self, exporting: Exporting) -> Iterator[bytes]:
        for row in self._rows(exporting, "turns"):
            told = {
                "conversation": row.values["conversation_id"],
                "seq": row.values["seq"],
                "at": row.values["created_at"],
                "said": row.values.get("utterance_sealed"),
                "replied_at": row.values["replied_at"],
                "reply": row.values.get("reply_sealed"),
            }
            yield orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)

    def _cloud_events(self, exporting: Exporting) -> Iterator[bytes]:
        (own, *_) = [*self._rows(exporting, "customers"), None]
        subject = own.values.get("external_sealed") if own else None
        for row in self._rows(exporting, "events"):
            yield orjson.dumps(_cloud_event(row, subject), option=orjson.OPT_APPEND_NEWLINE)

    def _readable(self, exporting: Exporting, overview: Overview) -> Iterator[bytes]:
        sections = (
            (summary, self._items(exporting, summary.section))
            for summary in overview.sections
            if summary.count
        )
        return PageWriter().write(overview, sections, lang=exporting.lang, at=exporting.at)


def _categories(overview: Overview) -> frozenset[str]:
    """Return what is read: the categories of the history one by one, the rest by its tables."""
    held = {summary.category for summary in overview.sections if summary.count}
    return frozenset(held - {"history"} | {t.category for t in overview.categories if t.items})


def _run(exporting: Exporting, work: Callable[[Connection], T]) -> T:
    return exporting.read(work)  # type: ignore[return-value]  # read returns what work returns


def _cloud_event(row: OwnRow, subject: JsonValue) -> dict[str, JsonValue]:
    """Return an event as CloudEvents 1.0, with category and one-line rendering as extensions."""
    sealed = row.values.get("sealed")
    content = sealed if isinstance(sealed, dict) else {}
    return {
        "specversion": "1.0",
        "id": content.get("id"),
        "source": content.get("source"),
        "type": content.get("type"),
        "time": row.values["time"],
        "subject": subject,
        "datacontenttype": "application/json",
        "category": row.values["category"],
        "rendering": content.get("rendering"),
        "data": content.get("data"),
    }


def _manifest(archive: ZipStream, exporting: Exporting) -> object:
    return {
        "format": FORMAT,
        "made_at": to_rfc3339(exporting.at),
        "customer_id": exporting.customer_id,
        "lang": exporting.lang,
        "files": [
            {"name": file.name, "sha256": file.sha256, "bytes": file.size} for file in archive.files
        ],
    }


def _pretty(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
