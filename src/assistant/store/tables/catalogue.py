"""What every table and column holds, for transparency and erasure, beside the tables themselves.

A column that is not classified here fails a test, so nobody adds one without deciding what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, MetaData, Table
from sqlmodel import Field, SQLModel

from assistant.core.clock import from_epoch_ms, to_epoch_ms


class ColumnKind(StrEnum):
    """The closed set of what a column may hold; there is no kind for personal content in clear."""

    SEALED = "sealed"
    """Personal content under the customer's own key, bound to this row."""

    KEYED_HASH = "keyed_hash"
    """A hash that nobody makes or checks without a key of the vault."""

    KEY_NUMBER = "key_number"
    """Which data key of the customer sealed values are under; no secret and nothing personal."""

    INTERNAL_ID = "internal_id"
    """A random id made by this service, without meaning outside it."""

    OPERATIONAL = "operational"
    """Times, counts, versions and words from a closed set of ours or of the knowledge pack."""


class ErasureRule(StrEnum):
    """What an erasure of everything does with a customer's rows of a table."""

    DELETE = "delete"
    DELETE_GUARDED = "delete_guarded"
    """Append-only: the database refuses to change the rows, and only an erasure may lift that."""

    OUTLIVES = "outlives"
    """Pseudonymous, and kept after the customer: it says that and how everything was erased."""

    NOT_PERSONAL = "not_personal"
    """The table holds nothing about one person."""


@dataclass(frozen=True, slots=True)
class TableRule:
    """The data category of a table (as customers see it), its erasure rule and its columns.

    ``places`` names, for each sealed column, the place it is sealed for: a format string over the
    row's columns, such as ``{turn_key}/reply``.
    """

    category: str
    erasure: ErasureRule
    columns: Mapping[str, ColumnKind]
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def personal(self) -> bool:
        """Whether the rows belong to one customer each."""
        return self.erasure is not ErasureRule.NOT_PERSONAL


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Row(SQLModel):
    """The base of every table of the main database."""

    metadata = METADATA


def moment() -> Any:  # noqa: ANN401 - sqlmodel's Field() is declared so, to stand for any type
    """Return a column of whole milliseconds since 1970."""
    return Field(sa_type=BigInteger)


def optional_moment() -> Any:  # noqa: ANN401 - as above
    """Return a nullable column of whole milliseconds since 1970."""
    return Field(default=None, sa_type=BigInteger)


def as_stored(at: datetime) -> datetime:
    """Return ``at`` as a table gives it back, to the millisecond."""
    return from_epoch_ms(to_epoch_ms(at))


def table_of(model: type[SQLModel]) -> Table:
    """Return the Core table behind a model, which repositories build their statements on."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # set by SQLAlchemy's metaclass
    return table
