"""Shapes of what a customer is shown about their data, and of where it helped them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from assistant.web.schemas.base import Incoming, LanguageTag, Outgoing

Cursor = Annotated[str, StringConstraints(max_length=1024, pattern=r"^[A-Za-z0-9_-]+$")]
"""Opaque; taken from the page before."""

SectionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,63}$")]

Decision = Literal["given", "refused", "withdrawn", "outdated", "undecided"]
Origin = Literal["given", "observed", "derived", "inferred"]


class DataQuery(Incoming):
    """A page of everything, or of one section."""

    limit: Annotated[int, Field(ge=1, le=500, strict=False)] = 200
    cursor: Cursor | None = None
    section: SectionName | None = None
    lang: LanguageTag | None = None


class ExportQuery(Incoming):
    """In which language the readable page is written."""

    lang: LanguageTag | None = None


class ReciprocityQuery(Incoming):
    """A page of the reciprocity ledger."""

    limit: Annotated[int, Field(ge=1, le=200, strict=False)] = 50
    cursor: Cursor | None = None
    lang: LanguageTag | None = None


class FieldBody(Outgoing):
    """One stored value."""

    name: str
    label: str
    shown: Literal["value", "time", "hex", "opened", "hash", "counted"] = Field(
        description="`hash` and `counted` are not shown; `note` says what they are."
    )
    value: object = Field(description="As it is stored, or opened from its seal.")
    note: str | None


class SourceBody(Outgoing):
    """Who it comes from, when it came, and how."""

    who: str
    when: str | None
    how: str


class ItemPurposeBody(Outgoing):
    """A purpose that asks for the category, and the customer's decision."""

    id: str
    version: int
    title: str
    dpv: str
    decision: Decision
    decided_at: str | None
    receipt: str | None


class LawfulBasisBody(Outgoing):
    """Why it may be stored."""

    basis: str
    text: str
    dpv: str


class ReferenceBody(Outgoing):
    """Another item; the id `*` means every item of the section that may be used."""

    section: str
    id: str


class EmbeddingsBody(Outgoing):
    """Vectors made of the item."""

    model: str
    dimensions: int
    count: int


class StorageBody(Outgoing):
    """Where it lies."""

    place: str
    region: str
    protection: str


class ExpiryBody(Outgoing):
    """When it goes by itself."""

    rule: str
    at: str | None


class ControlBody(Outgoing):
    """A call that does something about the item."""

    does: Literal["correct", "stop_using", "delete", "export"]
    method: str
    path: str
    body: dict[str, object] | None
    note: str | None


class DataItemBody(Outgoing):
    """One stored row and everything there is to know about it."""

    id: str
    section: str
    category: str
    category_label: str
    label: str
    fields: list[FieldBody]
    source: SourceBody
    origin: Origin
    purposes: list[ItemPurposeBody]
    lawful_basis: LawfulBasisBody
    receipt: str | None
    derived_from: list[ReferenceBody]
    derived_into: list[ReferenceBody]
    embeddings: EmbeddingsBody | None
    recipients: list[str]
    storage: StorageBody
    expires: ExpiryBody
    last_used: str | None
    times_used: int
    controls: list[ControlBody]


class SectionBody(Outgoing):
    """How much there is of one kind."""

    section: str
    label: str
    category: str
    category_label: str
    origin: Origin
    count: int


class HoldingBody(Outgoing):
    """What is held of a data category and how often it helped."""

    category: str
    label: str
    items: int
    used: int = Field(description="How many of the items were ever used.")
    times_used: int
    helped: int
    did_not_help: int
    last_used: str | None
    idle: bool = Field(description="Kept, and never used.")


class ConsentSummaryBody(Outgoing):
    """One purpose and the decisions about its categories."""

    purpose: str
    version: int
    title: str
    decisions: dict[str, Decision]


class OpenRequestBody(Outgoing):
    """Something that was asked for and is not finished."""

    kind: Literal["erasure", "person", "question"]
    id: str
    since: str | None
    state: str


class GpcBody(Outgoing):
    """The Global Privacy Control signal."""

    signal: bool
    text: str


class RetainedBody(Outgoing):
    """What would stay after an erasure of everything."""

    what: str
    ground: str
    until: str


class OverviewBody(Outgoing):
    """Told on the first page only."""

    customer_id: str
    controller: str
    contact: str
    languages: list[str]
    sections: list[SectionBody]
    categories: list[HoldingBody]
    consents: list[ConsentSummaryBody]
    open_requests: list[OpenRequestBody]
    gpc: GpcBody
    retained: list[RetainedBody]
    not_held: list[str]


class DataBody(Outgoing):
    """Everything that is stored of the caller; `cursor` is there while more follows."""

    overview: OverviewBody | None
    items: list[DataItemBody]
    cursor: str | None


class SharedItemBody(Outgoing):
    """What was used; `text` is null where it has been erased since."""

    kind: str
    id: str
    category: str
    category_label: str
    text: str | None
    shared_at: str | None


class HelpedTurnBody(Outgoing):
    """The question it helped to answer."""

    conversation: str
    turn_id: str
    asked: str
    answered: str | None


class HelpedOnceBody(Outgoing):
    """One use of one item."""

    use_id: str
    at: str
    used_in: str
    purpose: str
    purpose_title: str
    item: SharedItemBody
    turn: HelpedTurnBody | None
    verdict: Literal["helped", "did_not_help", "none"]


class ReciprocityBody(Outgoing):
    """What was shared and where it helped, newest first; totals by category on the first page."""

    totals: list[HoldingBody] | None
    entries: list[HelpedOnceBody]
    cursor: str | None
