"""The outcomes as a table for people and as JSON for machines."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import orjson

from conformance.checks import Check
from conformance.suite import Outcome, Verdict

_MARKS: dict[Verdict, str] = {"kept": "kept", "broken": "BROKEN", "unreachable": "NO ANSWER"}
_MARK_WIDTH: Final = max(map(len, _MARKS.values()))


def head_of(checks: Sequence[Check]) -> str:
    """Return the heads of the columns that ``line_of`` fills."""
    return f"{'verdict':{_MARK_WIDTH}}  {'check':{_width(checks)}}  {'time':>7}  promise"


def line_of(outcome: Outcome, checks: Sequence[Check]) -> str:
    """Return one outcome as one line, with what was seen below it where a promise is broken.

    ``checks`` are all that run, so that columns align.
    """
    mark, check, width = _MARKS[outcome.verdict], outcome.check, _width(checks)
    line = f"{mark:{_MARK_WIDTH}}  {check.id:{width}}  {outcome.seconds:5.1f} s  {check.promise}"
    if not outcome.seen:
        return line
    return f"{line}\n{'':{_MARK_WIDTH}}  seen: {outcome.seen}  [{check.source}]"


def _width(checks: Sequence[Check]) -> int:
    return max((len(check.id) for check in checks), default=0)


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
