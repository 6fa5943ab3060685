"""One item of a customer's history: what happened, when, and how it is said in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from assistant.core.ids import EventId

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class IncomingEvent:
    """A CloudEvents 1.0 event that was parsed and mapped to a data category, not yet stored.

    ``subject`` is the company's id for the customer; ``rendering`` is one line in the customer's
    words ("You ordered an Alder kettle and a Pebble jug (order W123)").
    """

    source: str
    id: str
    type: str
    time: datetime
    subject: str
    category: str
    data: JsonObject
    rendering: str


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """A stored event, opened for its own customer under a grant."""

    event_id: EventId
    source: str
    id: str
    type: str
    time: datetime
    category: str
    data: JsonObject
    rendering: str

    @property
    def ref(self) -> str:
        """``source#id``: how the business system that sent the event knows it."""
        return f"{self.source}#{self.id}"
