"""Parses CloudEvents 1.0 JSON into events of the customer's history, or says why it cannot.

Parsing never raises: whatever arrives becomes an ``IncomingEvent``, an ``Invalid`` (what is wrong,
by field, never by value, because the value may be somebody's) or a ``Refused``. One bad item
never stops the good ones beside it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeAlias

import orjson
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from assistant.channels.event_forms import EVENT_FORMS, OTHER_FORM
from assistant.channels.payloads import Id
from assistant.channels.phrases import clean
from assistant.channels.problems import first_problem, json_problem
from assistant.core.clock import Clock
from assistant.core.events import IncomingEvent, JsonValue

MAX_EVENT_BYTES = 262_144
"""One event as canonical JSON; four times what CloudEvents asks every receiver to take."""

MAX_DEPTH = 64
"""Nesting of ``data``; deeper is somebody testing us."""

CLOCK_SKEW = timedelta(days=1)
"""How far in the future an event's time may lie: other clocks, other time zones."""


_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:")


def _only_text(value: object) -> object:
    """Refuse times that are numbers: seconds and milliseconds cannot be told apart."""
    if not isinstance(value, str) or not _DATE_AND_TIME.match(value):
        raise ValueError("must be RFC 3339 text such as 2025-03-01T09:30:00Z")
    return value


Name: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=512, pattern=r"^[^\x00]+$")
]
Moment: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_only_text)]


class _Envelope(BaseModel):
    """The attributes we read; others are other people's extensions and are ignored."""

    model_config = ConfigDict(hide_input_in_errors=True)

    specversion: Annotated[str, StringConstraints(pattern=r"^1\.0$")] = "1.0"
    id: Annotated[Id, StringConstraints(pattern=r"^[^\x00]+$")]
    source: Name
    type: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
    time: Moment
    subject: Annotated[Id, StringConstraints(pattern=r"^[^\x00]+$")]
    datacontenttype: Annotated[
        str, StringConstraints(pattern=r"(?i)^application/([\w.+-]+\+)?json\b")
    ] = "application/json"
    category: Annotated[str, StringConstraints(min_length=1, max_length=63)] | None = None
    data: dict[str, object] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invalid:
    """An item that cannot be understood; ``reason`` names the field and the rule it breaks."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that was understood and must not be stored; ``category`` is a known one or None."""

    code: str
    category: str | None = None


ParsedEvent: TypeAlias = "IncomingEvent | Invalid | Refused"


class EventParser:
    """Parses events as one pack understands them.

    ``event_types`` maps types to data categories; a type outside it is accepted when the event
    brings its own ``category`` and ``data.summary``.
    """

    def __init__(self, *, event_types: Mapping[str, str], clock: Clock) -> None:
        self._event_types = dict(event_types)
        self._clock = clock

    def parse_json(self, text: bytes) -> ParsedEvent:
        """Parse one event from JSON text in UTF-8."""
        try:
            return self.parse(orjson.loads(text))
        except orjson.JSONDecodeError as error:
            return Invalid(f"not JSON: {json_problem(error)}")

    def parse(self, value: object) -> ParsedEvent:
        """Parse one event from a JSON value."""
        if not isinstance(value, dict):
            return Invalid("must be a JSON object")
        if "data_base64" in value:
            return Invalid("data_base64: send JSON in data")
        if not has_bounded_depth(value):
            return Invalid(f"data: nested deeper than {MAX_DEPTH} levels")
        try:
            envelope = _Envelope.model_validate(value)
        except ValidationError as error:
            return Invalid(first_problem(error))
        moment = self._moment(envelope)
        return moment if isinstance(moment, Invalid) else self._event(envelope, moment)

    def _moment(self, envelope: _Envelope) -> datetime | Invalid:
        """Return the event's time in UTC, cut to the milliseconds that tables keep."""
        try:
            moment = envelope.time.astimezone(UTC)
        except OverflowError:
            return Invalid("time: outside the calendar")
        if moment > self._clock() + CLOCK_SKEW:
            return Invalid("time: lies in the future")
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def _event(self, envelope: _Envelope, moment: datetime) -> ParsedEvent:
        """Return the event of a well-formed envelope."""
        category = envelope.category or self._event_types.get(envelope.type)
        form = EVENT_FORMS.get(envelope.type)
        if category is None or (form is None and not _has_summary(envelope)):
            return Refused("unknown_type")
        form = form or OTHER_FORM
        try:
            payload = form.payload.model_validate(envelope.data)
        except ValidationError as error:
            return Invalid(first_problem(error, below="data"))
        data: dict[str, JsonValue] = payload.model_dump(mode="json", exclude_unset=True)
        if not _fits(data):
            return Invalid(f"data: larger than {MAX_EVENT_BYTES} bytes or not plain JSON")
        return IncomingEvent(
            source=envelope.source,
            id=envelope.id,
            type=envelope.type,
            time=moment,
            subject=envelope.subject,
            category=category,
            data=data,
            rendering=form.rendering(payload),
        )


def _has_summary(envelope: _Envelope) -> bool:
    summary = envelope.data.get("summary")
    return isinstance(summary, str) and bool(clean(summary))


def _fits(data: object) -> bool:
    try:
        return len(orjson.dumps(data)) <= MAX_EVENT_BYTES
    except TypeError:
        return False


def has_bounded_depth(value: object) -> bool:
    """Whether ``value`` nests at most ``MAX_DEPTH`` levels; walks without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for part in level
            if isinstance(part, dict | list)
            for child in (part.values() if isinstance(part, dict) else part)
            if isinstance(child, dict | list)
        ]
        if not level:
            return True
    return False
