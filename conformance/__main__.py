"""``python -m conformance``: check the server that the environment names and print a table."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.checks import Check
from conformance.knocking import knock
from conformance.report import as_json, head_of, line_of, row_of, summary_of
from conformance.suite import CHECKS, Outcome, UnknownCheck, run, select
from conformance.target import NotConfigured, Target


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite; 0: every promise is kept, 1: one is not, 2: it could not be run."""
    wanted = _parser().parse_args(arguments)
    if wanted.list:
        print("\n".join(row_of(check) for check in CHECKS))
        return 0
    try:
        target, checks = Target.from_environment(), select(wanted.only)
        outcomes = asyncio.run(_try(target, checks))
        if wanted.json:
            wanted.json.write_bytes(as_json(outcomes))
    except (NotConfigured, UnknownCheck) as error:
        return _stop(str(error))
    except OSError as error:
        return _stop(f"{error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        return _stop("stopped", code=130)
    return 0 if all(outcome.verdict == "kept" for outcome in outcomes) else 1


async def _try(target: Target, checks: Sequence[Check]) -> Sequence[Outcome]:
    """See that the server can be asked, then run the checks, a line each as it ends."""
    await knock(target)
    print(head_of(checks))
    outcomes = await run(target, checks, tell=lambda one: print(line_of(one, checks), flush=True))
    print(f"\n{summary_of(outcomes)}")
    return outcomes


def _stop(reason: str, *, code: int = 2) -> int:
    print(f"conformance: {reason}", file=sys.stderr)
    return code


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
