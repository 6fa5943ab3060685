"""Consent decisions about people the company knows by its own ids: parsed, and recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, TypeAlias, cast

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from assistant.channels.cloudevents import Invalid, Moment, has_bounded_depth
from assistant.channels.intake import ItemResult
from assistant.channels.payloads import Id
from assistant.channels.problems import first_problem, json_problem
from assistant.core.clock import Clock, to_epoch_ms
from assistant.core.errors import AssistantError
from assistant.core.events import JsonObject
from assistant.profile.consent.ledger import ConsentDecision, ConsentLedger
from assistant.profile.consent.state import IMPORT_CHANNEL
from assistant.store.consents import ConsentRepository, Decision
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection

MAX_EVIDENCE_BYTES = 16_384
CLOCK_SKEW = timedelta(minutes=5)

_Word: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
_FIELDS = frozenset(
    {"purpose", "decision", "categories", "version", "text_sha256", "at", "evidence"}
)


class _DecisionSchema(BaseModel):
    """One decision as it is written in a file."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    subject: Annotated[Id, StringConstraints(pattern=r"^[^\x00]+$")]
    purpose: _Word
    decision: Literal["given", "refused", "withdrawn"]
    categories: Annotated[list[_Word], Field(min_length=1, max_length=100)] | None = None
    version: Annotated[int, Field(ge=1)] | None = None
    text_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    at: Moment
    evidence: dict[str, object] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubjectDecision:
    """A decision of the customer whom the company calls ``subject``."""

    subject: str
    purpose: str
    decision: Decision
    at: datetime
    channel: str = IMPORT_CHANNEL
    categories: frozenset[str] | None = None
    version: int | None = None
    text_sha256: str | None = None
    evidence: JsonObject | None = None


class DecisionParser:
    """Parses decisions from JSON; says what is wrong by field, never by value."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    def parse_json(self, text: bytes) -> SubjectDecision | Invalid:
        """Parse one decision from JSON text."""
        try:
            return self.parse(orjson.loads(text))
        except orjson.JSONDecodeError as error:
            return Invalid(f"not JSON: {json_problem(error)}")

    def parse(self, value: object) -> SubjectDecision | Invalid:
        """Parse one decision from a JSON value."""
        if not isinstance(value, dict) or not has_bounded_depth(value):
            return Invalid("must be a JSON object")
        try:
            entry = _DecisionSchema.model_validate(value)
            moment = entry.at.astimezone(UTC)
            evidence = orjson.dumps(entry.evidence)
        except ValidationError as error:
            return Invalid(first_problem(error, fields=_FIELDS))
        except (OverflowError, TypeError):
            return Invalid("at or evidence: cannot be kept")
        if moment > self._clock() + CLOCK_SKEW:
            return Invalid("at: lies in the future")
        if len(evidence) > MAX_EVIDENCE_BYTES:
            return Invalid(f"evidence: larger than {MAX_EVIDENCE_BYTES} bytes")
        if entry.decision == "given" and not entry.evidence:
            return Invalid("evidence: is missing; a yes needs to say where it was given")
        return _decision(entry, moment)


def _decision(entry: _DecisionSchema, moment: datetime) -> SubjectDecision:
    return SubjectDecision(
        subject=entry.subject,
        purpose=entry.purpose,
        decision=entry.decision,
        at=moment.replace(microsecond=moment.microsecond // 1000 * 1000),
        categories=frozenset(entry.categories) if entry.categories else None,
        version=entry.version,
        text_sha256=entry.text_sha256,
        evidence=cast("JsonObject", entry.evidence),  # it came from JSON
    )


class DecisionIntake:
    """Records parsed decisions; runs inside the caller's write transaction."""

    def __init__(
        self,
        *,
        ledger: ConsentLedger,
        consents: ConsentRepository,
        customers: CustomerRepository,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._consents = consents
        self._customers = customers
        self._clock = clock

    def record_batch(
        self, connection: Connection, decisions: Sequence[SubjectDecision | Invalid]
    ) -> list[ItemResult]:
        """Record each decision that can be; one result each, in order."""
        subjects = [d.subject for d in decisions if isinstance(d, SubjectDecision)]
        customers = self._customers.get_or_create_customers(connection, subjects, at=self._clock())
        return [
            ItemResult("invalid", reason=decision.reason)
            if isinstance(decision, Invalid)
            else self._record(connection, customers[decision.subject].customer_id, decision)
            for decision in decisions
        ]

    def _record(
        self, connection: Connection, customer_id: str, decision: SubjectDecision
    ) -> ItemResult:
        if self._is_recorded(connection, customer_id, decision):
            return ItemResult("duplicate")
        try:
            self._ledger.decide(
                connection,
                ConsentDecision(
                    customer_id=customer_id,
                    purpose=decision.purpose,
                    decision=decision.decision,
                    channel=decision.channel,
                    at=decision.at,
                    version=decision.version,
                    text_sha256=decision.text_sha256,
                    categories=decision.categories,
                    evidence=decision.evidence or {},
                ),
            )
        except AssistantError as error:
            return ItemResult("invalid", reason=error.message)
        return ItemResult("stored")

    def _is_recorded(
        self, connection: Connection, customer_id: str, decision: SubjectDecision
    ) -> bool:
        """Whether the same decision, made at the same moment, is in the ledger already."""
        recorded = {
            event.category
            for event in self._consents.list_events(connection, customer_id)
            if (event.purpose, event.decision, event.channel)
            == (decision.purpose, decision.decision, decision.channel)
            and to_epoch_ms(event.at) == to_epoch_ms(decision.at)
        }
        return bool(recorded) and (decision.categories or recorded) <= recorded
