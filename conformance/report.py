"""The outcomes as a table for people and as JSON for machines."""

from collections import Counter
from collections.abc import Sequence

import orjson

from conformance.checks import Check
from conformance.suite import Outcome, Verdict

_MARKS: dict[Verdict, str] = {"kept": "kept", "broken": "BROKEN", "unreachable": "NO ANSWER"}


def line_of(outcome: Outcome) -> str:
    """Return one outcome as one line, with what was seen below it where a promise is broken."""
    mark, check = _MARKS[outcome.verdict], outcome.check
    line = f"{mark:9}  {check.id:28}  {outcome.seconds:5.1f} s  {check.promise}"
    return f"{line}\n{'':9}  {outcome.seen}  [{check.source}]" if outcome.seen else line


def row_of(check: Check) -> str:
    """Return one check as a row of the table in ``docs/conformance.md``."""
    return f"| `{check.id}` | {check.promise} | {check.source} |"


def summary_of(outcomes: Sequence[Outcome]) -> str:
    """Return the count of each verdict."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    parts = [f"{counts[verdict]} {mark.lower()}" for verdict, mark in _MARKS.items()]
    return f"{len(outcomes)} promises: " + ", ".join(parts)


def as_json(outcomes: Sequence[Outcome]) -> bytes:
    """Return the outcomes as a JSON list."""
    return orjson.dumps(
        [
            {
                "id": outcome.check.id,
                "promise": outcome.check.promise,
                "source": outcome.check.source,
                "verdict": outcome.verdict,
                "seen": outcome.seen,
                "seconds": round(outcome.seconds, 3),
            }
            for outcome in outcomes
        ],
        option=orjson.OPT_INDENT_2,
    )
