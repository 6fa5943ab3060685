"""What an evaluation yields: measures, and the ranking behind each question."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from assistant.core.events import JsonValue


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure over ``n`` questions of a set."""

    set: str
    measure: str
    value: float
    n: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """What was found for one question; fields that do not apply are None."""

    set: str
    question: str
    ranked: tuple[str, ...] | None = None
    score: float | None = None
    answer: str | None = None

    def as_json(self) -> dict[str, JsonValue]:
        """Return the line of ``--rankings``, without fields that do not apply."""
        values = {key: value for key, value in asdict(self).items() if value is not None}
        if self.ranked is not None:
            values["ranked"] = list(self.ranked)
        return values


@dataclass(slots=True)
class SetResult:
    """The measures and rankings of one folder."""

    name: str
    measures: list[Measure] = field(default_factory=list)
    rankings: list[Ranking] = field(default_factory=list)
    note: str = ""
    """Why something was not measured, for people."""

    def add(self, measure: str, values: Sequence[float]) -> None:
        """Add the mean of ``values``; nothing if there are none, as when the gold is absent."""
        if values:
            self.add_value(measure, sum(values) / len(values), len(values))

    def add_value(self, measure: str, value: float, n: int) -> None:
        """Add a figure over ``n`` questions; one that is not a number is left out."""
        if n and value == value:  # noqa: PLR0124 -- only NaN differs from itself
            self.measures.append(Measure(self.name, measure, round(value, 4), n))
