"""Every version of every purpose as it was published; rows are added and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.store.dialects import lock_exclusively
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.consents import PublishedPurposeRow

_PUBLISHING_LOCK = 7_310_003
"""Two processes that start at once publish one after the other."""

_P = table_of(PublishedPurposeRow)
_ADD = insert(_P)
_LIST = select(_P).order_by(_P.c.purpose, _P.c.version, _P.c.lang)
_OF_VERSION = (
    select(_P)
    .where(_P.c.purpose == bindparam("of_purpose"), _P.c.version == bindparam("of_version"))
    .order_by(_P.c.lang)
)


@dataclass(frozen=True, slots=True)
class PublishedPurpose:
    """One version of a purpose in one language.

    ``text`` is the exact text that is shown and ``text_sha256`` of its UTF-8 bytes;
    ``definition`` is canonical JSON (RFC 8785) of what does not depend on the language.
    """

    purpose: str
    version: int
    lang: str
    text_sha256: str
    text: str
    definition: str
    definition_sha256: str
    published_at: datetime


class PublishedPurposeRepository:
    """Adds and lists what was published."""

    def add_published(self, connection: Connection, published: Sequence[PublishedPurpose]) -> None:
        """Add versions or languages that are not there yet; what is there may not be met."""
        if published:
            connection.execute(_ADD, [_values(each) for each in published])

    def lock(self, connection: Connection) -> None:
        """Let one process at a time publish, until its write ends."""
        lock_exclusively(connection, _PUBLISHING_LOCK)

    def list_published(self, connection: Connection) -> Sequence[PublishedPurpose]:
        """Return everything that was ever published."""
        return [_published(row) for row in connection.execute(_LIST)]

    def list_version(
        self, connection: Connection, purpose: str, version: int
    ) -> Sequence[PublishedPurpose]:
        """Return one version of a purpose in each of its languages."""
        values = {"of_purpose": purpose, "of_version": version}
        return [_published(row) for row in connection.execute(_OF_VERSION, values)]


def _values(published: PublishedPurpose) -> dict[str, Any]:
    return {
        "purpose": published.purpose,
        "version": published.version,
        "lang": published.lang,
        "text_sha256": published.text_sha256,
        "text": published.text,
        "definition": published.definition,
        "definition_sha256": published.definition_sha256,
        "published_at": to_epoch_ms(published.published_at),
    }


def _published(row: Row[*tuple[Any, ...]]) -> PublishedPurpose:
    return PublishedPurpose(
        purpose=row.purpose,
        version=row.version,
        lang=row.lang,
        text_sha256=row.text_sha256,
        text=row.text,
        definition=row.definition,
        definition_sha256=row.definition_sha256,
        published_at=from_epoch_ms(row.published_at),
    )
