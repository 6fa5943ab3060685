"""Shapes of what a customer sees and decides about their own data."""

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from assistant.web.schemas.base import Incoming, LanguageTag, Outgoing, Uuid

_CATEGORY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MOST_CATEGORIES = 100

CategoryId = Annotated[str, StringConstraints(pattern=rf"^{_CATEGORY.pattern}$")]


class CategoryBody(Outgoing):
    """One data category of a purpose, and where the customer stands on it."""

    category: str
    label: str
    description: str
    retention_months: int
    decision: Literal["given", "refused", "withdrawn", "outdated", "undecided"] = Field(
        description="`outdated` was given for an earlier version and permits nothing."
    )
    state: Literal["given", "renewed", "refused", "withdrawn"] | None = Field(
        description="What was recorded last, in the words of ISO/IEC TS 27560; `renewed` permits "
        "as `given` does."
    )
    decided_at: str | None


class PurposeBody(Outgoing):
    """One purpose: the exact text to show, and the version and hash to echo."""

    id: str
    version: int
    lang: str
    title: str
    text: str
    text_sha256: str
    benefit: str
    if_refused: str
    recipients: list[str]
    lawful_basis: str
    necessity: str
    storage_region: str
    dpv: str
    categories: list[CategoryBody]


class PurposesBody(Outgoing):
    """Everything the service may ever use personal data for."""

    purposes: list[PurposeBody]
    gpc: bool = Field(description="Whether this request carried `Sec-GPC: 1`.")


class DecisionRequest(Incoming):
    """Give, refuse or withdraw; only the named categories change, all of them when none is."""

    decision: Literal["given", "refused", "withdrawn"]
    version: int | None = None
    text_sha256: Annotated[str, StringConstraints(max_length=256)] | None = None
    categories: Annotated[list[CategoryId], Field(max_length=_MOST_CATEGORIES)] | None = None
    lang: LanguageTag | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_echo(cls, value: object) -> object:
        """Saying no echoes nothing, so nothing that was echoed may stand in its way.

        A category that cannot be one is left out for the same reason.
        """
        if not isinstance(value, dict) or value.get("decision") not in ("refused", "withdrawn"):
            return value
        no = {k: v for k, v in value.items() if k not in ("version", "text_sha256")}
        named = no.get("categories")
        if isinstance(named, list):
            known = [c for c in named if isinstance(c, str) and _CATEGORY.fullmatch(c)]
            no["categories"] = known[:_MOST_CATEGORIES]
        return no


class PurposesQuery(Incoming):
    """Which language the texts are shown in."""

    lang: LanguageTag | None = None


class HistoryQuery(Incoming):
    """A page of the history."""

    limit: Annotated[int, Field(ge=1, le=200, strict=False)] = 50
    cursor: Uuid | None = None
    category: CategoryId | None = None


class AccessQuery(Incoming):
    """A page of the access log."""

    limit: Annotated[int, Field(ge=1, le=200, strict=False)] = 50
    cursor: Uuid | None = None


class HistoryItemBody(Outgoing):
    """One stored event of the customer's own."""

    id: str
    category: str
    type: str
    time: str
    label: str = Field(description="What happened, in one line.")
    ref: str = Field(description="`source#id` as the business system sent it.")
    data: dict[str, object]


class HistoryBody(Outgoing):
    """Newest first; `cursor` is there while more follows."""

    items: list[HistoryItemBody]
    cursor: str | None


class AccessEntryBody(Outgoing):
    """One read of the customer's items: by whom, in which role, for which purpose, how many."""

    id: str
    at: str
    role: str
    actor: str = Field(description="A worker's name, a member of staff, or the role itself.")
    reading: str = Field(
        description="What was done with what was read; `discarded` was let go again unused, "
        "because consent moved or the turn had its reply already, `check` only verified."
    )
    purpose: str
    categories: list[str]
    items: int
    item_ids: list[str]


class AccessLogBody(Outgoing):
    """Newest first; `cursor` is there while more follows."""

    entries: list[AccessEntryBody]
    cursor: str | None
