"""``python -m conformance``: check the server that the environment names and print a table."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.report import as_json, line_of, row_of, summary_of
from conformance.suite import CHECKS, UnknownCheck, run, select
from conformance.target import NotConfigured, Target


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite; 0: every promise is kept, 1: one is not, 2: it could not be run."""
    wanted = _parser().parse_args(arguments)
    if wanted.list:
        print("\n".join(row_of(check) for check in CHECKS))
        return 0
    try:
        target, checks = Target.from_environment(), select(wanted.only)
    except (NotConfigured, UnknownCheck) as error:
        print(error, file=sys.stderr)
        return 2
    outcomes = asyncio.run(run(target, checks, tell=lambda outcome: print(line_of(outcome))))
    print(summary_of(outcomes))
    if wanted.json:
        wanted.json.write_bytes(as_json(outcomes))
    verdicts = {outcome.verdict for outcome in outcomes}
    if verdicts == {"unreachable"}:
        print(f"no server answers at {', '.join(target.urls)}", file=sys.stderr)
        return 2
    return 0 if verdicts <= {"kept"} else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance",
        description="Checks from outside what the service promises its customers.",
        epilog="Set CONFORMANCE_URL, CONFORMANCE_IDENTITY_SECRET and CONFORMANCE_EVENTS_KEY; "
        "docs/conformance.md explains them. Checks invent their own customers.",
    )
    parser.add_argument("--list", action="store_true", help="list the checks and stop")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="ID", help="ids or groups of checks to run"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcomes to FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
