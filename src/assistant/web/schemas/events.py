"""Shapes of what business systems hand over, and of what became of it."""

from typing import Literal

from pydantic import Field

from assistant.web.schemas.base import Incoming, Outgoing


class CloudEventBody(Incoming):
    """A CloudEvents 1.0 event in JSON. For documentation: intake parses, item by item."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    time: str = Field(json_schema_extra={"format": "date-time"})
    subject: str = Field(description="The company's id for the customer.")
    category: str | None = Field(default=None, description="Else the pack maps the type to one.")
    data: dict[str, object] = Field(default_factory=dict)


class ItemResultBody(Outgoing):
    """What became of one event, by its place in the request (from 0)."""

    index: int
    status: Literal["stored", "duplicate", "refused", "invalid"]
    code: str | None = Field(
        default=None, description="With `refused`: `no_lawful_basis`, `unknown_type`, …"
    )
    reason: str | None = Field(
        default=None, description="With `invalid`: the field and what is wrong, or `conflict`."
    )


class EventCountsBody(Outgoing):
    """How many events ended each way."""

    stored: int
    duplicate: int
    refused: int
    invalid: int


class EventResultsBody(Outgoing):
    """One result per event, in the order they were sent."""

    results: list[ItemResultBody]
    counts: EventCountsBody
