"""The shapes in which a customer is shown what is stored of them; orjson writes them as they are.

Times are RFC 3339 in UTC. Everything here is plain content for one customer's own eyes, made by
``own_data`` from the rows that the catalogue of tables finds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from assistant.core.events import JsonValue
from assistant.profile.consent.state import Standing
from assistant.store.own_rows import RowKey

Origin: TypeAlias = Literal["given", "observed", "derived", "inferred"]
ControlKind: TypeAlias = Literal["correct", "stop_using", "delete", "export"]


@dataclass(frozen=True, slots=True)
class DataField:
    """One column of a row: ``value`` as it is stored or opened, ``note`` why it is not shown."""

    name: str
    label: str
    shown: str
    value: JsonValue = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Who it comes from, when and how it got here."""

    who: str
    when: str | None
    how: str


@dataclass(frozen=True, slots=True)
class ItemPurpose:
    """A purpose that asks for the item's category, and where the customer stands on it."""

    id: str
    version: int
    title: str
    dpv: str
    decision: Standing
    decided_at: str | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class LawfulBasis:
    """Why the item may be stored."""

    basis: str
    text: str
    dpv: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Another item: its section and its id there."""

    section: str
    id: str


@dataclass(frozen=True, slots=True)
class ItemEmbeddings:
    """The vectors that were made of an item."""

    model: str
    dimensions: int
    count: int


@dataclass(frozen=True, slots=True)
class StoragePlace:
    """Where it lies: the kind of database, the region, and how it is protected."""

    place: str
    region: str
    protection: str


@dataclass(frozen=True, slots=True)
class Expiry:
    """When it goes by itself; ``rule`` in words, ``at`` where the day is known."""

    rule: str
    at: str | None


@dataclass(frozen=True, slots=True)
class Control:
    """What the customer can do about an item, and the call that does it."""

    does: ControlKind
    method: str
    path: str
    body: Mapping[str, JsonValue] | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataItem:
    """One stored row with everything that api.md and product.md ask to be told about it."""

    id: str
    section: str
    category: str
    category_label: str
    label: str
    fields: tuple[DataField, ...]
    source: Source
    origin: Origin
    purposes: tuple[ItemPurpose, ...]
    lawful_basis: LawfulBasis
    receipt: str | None
    derived_from: tuple[Reference, ...]
    derived_into: tuple[Reference, ...]
    embeddings: ItemEmbeddings | None
    recipients: tuple[str, ...]
    storage: StoragePlace
    expires: Expiry
    last_used: str | None
    times_used: int
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class DataCursor:
    """Where the next page begins: a section, and the row after which."""

    section: str
    after: RowKey | None = None


@dataclass(frozen=True, slots=True)
class DataPage:
    """Some items, and where more follow."""

    items: tuple[DataItem, ...]
    next: DataCursor | None


@dataclass(frozen=True, slots=True)
class SectionSummary:
    """One kind of thing that is stored, and how much of it."""

    section: str
    label: str
    category: str
    category_label: str
    origin: Origin
    count: int


@dataclass(frozen=True, slots=True)
class CategoryHolding:
    """What is held of one data category, and how often it helped."""

    category: str
    label: str
    items: int
    used: int
    times_used: int
    helped: int
    did_not_help: int
    last_used: str | None
    idle: bool
    """Something is kept, and none of it ever helped."""


@dataclass(frozen=True, slots=True)
class GpcState:
    """What the Global Privacy Control signal does."""

    signal: bool
    text: str


@dataclass(frozen=True, slots=True)
class Retained:
    """What would stay after an erasure of everything."""

    what: str
    ground: str
    until: str


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Something the customer asked for that is not finished."""

    kind: Literal["erasure", "person", "question"]
    id: str
    since: str | None
    state: str


@dataclass(frozen=True, slots=True)
class ConsentSummary:
    """One purpose and where the customer stands on each of its categories."""

    purpose: str
    version: int
    title: str
    decisions: Mapping[str, Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What is told before the items: who, how much, on what terms, and what is not there."""

    customer_id: str
    controller: str
    contact: str
    languages: tuple[str, ...]
    sections: tuple[SectionSummary, ...]
    categories: tuple[CategoryHolding, ...]
    consents: tuple[ConsentSummary, ...]
    open_requests: tuple[OpenRequest, ...]
    gpc: GpcState
    retained: tuple[Retained, ...]
    not_held: tuple[str, ...] = field(default=())
