"""What is stored of customers, for their own eyes: the profile's transparency behind ports.

No use of a history for a purpose, so it takes no grant; the proof it takes is the actor, which
exists only for somebody whose token was verified. Answers are made and written on a store thread,
so that a customer with thousands of items stops nobody else's event loop.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Protocol

import orjson

from assistant.core.actor import CustomerActor
from assistant.core.errors import InvalidInput
from assistant.core.events import JsonValue
from assistant.profile.transparency.items import CategoryHolding, DataCursor, DataPage, Overview
from assistant.profile.transparency.json_ld import as_json_ld
from assistant.profile.transparency.own_data import Transparency
from assistant.profile.transparency.reciprocity import Reciprocity, ReciprocityPage
from assistant.store.engine import Connection, Database


@dataclass(frozen=True, slots=True)
class DataRequest:
    """Which page, of which section (None: all), in which language and form."""

    lang: str
    limit: int
    gpc: bool
    cursor: str | None = None
    section: str | None = None
    linked: bool = False
    """Whether JSON-LD was asked for."""


class OwnData(Protocol):
    """Everything stored of a customer, and where it helped them, as JSON."""

    async def show(self, actor: CustomerActor, request: DataRequest) -> bytes:
        """Return a page of what is stored of the actor."""
        ...

    async def reciprocate(self, actor: CustomerActor, request: DataRequest) -> bytes:
        """Return a page of what the actor's data helped with."""
        ...


class StoreOwnData:
    """Fulfils ``OwnData`` over the database."""

    def __init__(self, *, database: Database, transparency: Transparency) -> None:
        self._database = database
        self._transparency = transparency

    async def show(self, actor: CustomerActor, request: DataRequest) -> bytes:
        """Return a page; the overview comes with the first."""
        cursor = decode_cursor(request.cursor) if request.cursor else None

        def work(connection: Connection) -> bytes:
            customer_id = actor.customer_id
            overview = None
            if cursor is None:
                overview = self._transparency.overview(
                    connection, customer_id, lang=request.lang, gpc=request.gpc
                )
            page = self._transparency.page(
                connection,
                customer_id,
                lang=request.lang,
                limit=request.limit,
                cursor=cursor,
                only=request.section,
            )
            return data_answer(overview, page, linked_to=customer_id if request.linked else None)

        return await self._database.read(work)

    async def reciprocate(self, actor: CustomerActor, request: DataRequest) -> bytes:
        """Return a page; the totals come with the first."""
        before = _decoded(request.cursor) if request.cursor else None
        if before is not None and not isinstance(before, str):
            raise InvalidInput("the cursor does not fit: take it from the page before")

        def work(connection: Connection) -> bytes:
            told: Reciprocity = self._transparency.reciprocity
            totals = None
            if before is None:
                totals = told.totals(connection, actor.customer_id, lang=request.lang)
            page = told.page(
                connection,
                actor.customer_id,
                lang=request.lang,
                before=before,
                limit=request.limit,
            )
            return reciprocity_answer(totals, page)

        return await self._database.read(work)


def data_answer(
    overview: Overview | None, page: DataPage, *, linked_to: str | None = None
) -> bytes:
    """Return one page as JSON, or as JSON-LD about the customer ``linked_to``."""
    following = encode_cursor(page.next) if page.next else None
    if linked_to is not None:
        return orjson.dumps({**as_json_ld(linked_to, overview, page.items), "cursor": following})
    return orjson.dumps({"overview": overview, "items": page.items, "cursor": following})


def reciprocity_answer(totals: tuple[CategoryHolding, ...] | None, page: ReciprocityPage) -> bytes:
    """Return one page of the reciprocity ledger as JSON."""
    following = _encoded(page.next) if page.next else None
    return orjson.dumps({"totals": totals, "entries": page.entries, "cursor": following})


def encode_cursor(cursor: DataCursor) -> str:
    """Return a cursor as clients carry it: ids of ours, nothing that was said or done."""
    return _encoded([cursor.section, None if cursor.after is None else list(cursor.after)])


def decode_cursor(text: str) -> DataCursor:
    """Return what ``encode_cursor`` made the text of.

    Raises:
        InvalidInput: it is something else.
    """
    match _decoded(text):
        case [str() as section, None]:
            return DataCursor(section)
        case [str() as section, [*parts]] if all(type(part) in (str, int) for part in parts):
            return DataCursor(section, tuple(parts))  # type: ignore[arg-type]  # just checked
    raise InvalidInput("the cursor does not fit: take it from the page before")


def _encoded(value: JsonValue) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def _decoded(text: str) -> JsonValue:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        value: JsonValue = orjson.loads(raw)
    except (binascii.Error, ValueError):
        raise InvalidInput("the cursor does not fit: take it from the page before") from None
    return value
