"""What an import did: counts, and the first lines that were wrong."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.channels.intake import ItemResult

MAX_PROBLEMS = 100
"""Wrong lines that are named; the rest is counted, so that a wrong file cannot fill memory."""


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A line that was left out, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """Counts of one run; ``resumed_after`` is the line an earlier run had reached (0: none)."""

    lines: int
    stored: int
    duplicates: int
    refused: Mapping[str, int]
    invalid: tuple[LineProblem, ...]
    invalid_count: int
    resumed_after: int = 0


@dataclass(slots=True)
class Tally:
    """Adds results up while an import runs."""

    resumed_after: int = 0
    lines: int = 0
    stored: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    invalid: list[LineProblem] = field(default_factory=list)
    invalid_count: int = 0

    def add(self, line: int, result: ItemResult) -> None:
        """Count the result of one line."""
        self.lines += 1
        if result.status == "stored":
            self.stored += 1
        elif result.status == "duplicate":
            self.duplicates += 1
        elif result.status == "refused":
            self.refused[result.code or "refused"] += 1
        else:
            self.invalid_count += 1
            if len(self.invalid) < MAX_PROBLEMS:
                self.invalid.append(LineProblem(line, _explained(result.reason or "invalid")))

    def outcome(self) -> ImportOutcome:
        """Return the counts as they are now."""
        return ImportOutcome(
            lines=self.lines,
            stored=self.stored,
            duplicates=self.duplicates,
            refused=dict(sorted(self.refused.items())),
            invalid=tuple(self.invalid),
            invalid_count=self.invalid_count,
            resumed_after=self.resumed_after,
        )


def _explained(reason: str) -> str:
    """Return the reason for a person at a terminal."""
    if reason == "conflict":
        return "conflict: the same source and id were stored before with other content"
    return reason
