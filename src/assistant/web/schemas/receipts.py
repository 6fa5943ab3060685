"""Shapes of consent receipts and of the keys they are signed with."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from assistant.web.schemas.base import Incoming, Outgoing, Uuid


class ReceiptsQuery(Incoming):
    """A page of receipts."""

    limit: Annotated[int, Field(ge=1, le=200, strict=False)] = 50
    cursor: Uuid | None = None


class ReceiptItemBody(Outgoing):
    """One decision; its signed receipt is at `/v1/me/receipts/{id}`."""

    id: str
    at: str
    purpose: str
    version: int
    decision: Literal["given", "refused", "withdrawn"]
    states: list[Literal["given", "renewed", "refused", "withdrawn"]] = Field(
        description="What the decision led to; `renewed` confirms a yes that stood."
    )
    categories: list[str]


class ReceiptsBody(Outgoing):
    """Newest first; `cursor` is there while more follows."""

    items: list[ReceiptItemBody]
    cursor: str | None


class SignedDocumentBody(Outgoing):
    """A JSON-LD document with a Data Integrity proof; the same bytes each time."""

    model_config = ConfigDict(extra="allow")

    proof: dict[str, object] = Field(description="W3C Data Integrity, suite `eddsa-jcs-2022`.")


class KeysBody(Outgoing):
    """Public keys that sign receipts: a key set (JWKS) that is a controlled identifier too."""

    model_config = ConfigDict(extra="allow")

    keys: list[dict[str, str]]


class PrivacyControlBody(Outgoing):
    """That this service honours the Global Privacy Control signal, and since when."""

    gpc: bool
    lastUpdate: str  # noqa: N815 - named so by the specification of Global Privacy Control
