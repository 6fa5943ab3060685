"""Named proofs: one test run a few times in ``make test`` and in full by ``make prove``.

A test that proves by repetition is marked and asks the fixture how often and with which chance::

    @pytest.mark.proof("Sixteen creations of one customer give one row", small=5, full=2_000)
    def test_concurrent_creations_give_one_customer(proof_run):
        for _ in range(proof_run.count):
            subject = proof_run.random.randbytes(8).hex()

A Hypothesis test carries the same mark, and ``@settings(max_examples=scaled(50, 5_000))``.
``--proofs FILE`` writes what was counted, with the seed that repeats it, as a table.
"""

import os
import platform
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

_COLLECTED = pytest.StashKey[list["Proof"]]()
_PROPERTY = "proof"


def proving() -> bool:
    """Return whether full counts were asked for."""
    return os.environ.get("ASSISTANT_PROVE", "") not in {"", "0"}


def scaled(small: int, full: int) -> int:
    """Return ``full`` under ``make prove`` and ``small`` otherwise."""
    return full if proving() else small


def run_seed() -> int:
    """Return the seed of this run: fixed in ``make test``, chosen and printed in ``make prove``."""
    return int(os.environ.get("ASSISTANT_PROVE_SEED", "1"))


@dataclass(frozen=True, slots=True)
class ProofRun:
    """How often to try, and the source of chance that ``seed`` repeats."""

    name: str
    count: int
    seed: int
    random: random.Random


@dataclass(frozen=True, slots=True)
class Proof:
    """One line of the table."""

    name: str
    count: int
    seed: int
    outcome: str
    test: str


@pytest.fixture
def proof_run(request: pytest.FixtureRequest) -> ProofRun:
    """Return count, seed and random numbers for the test's ``proof`` mark."""
    mark = request.node.get_closest_marker("proof")
    if mark is None:
        pytest.fail("proof_run needs @pytest.mark.proof(name, small=…, full=…)")
    name, count = _read_mark(mark)
    chance = random.Random(f"{run_seed()}/{request.node.nodeid}")  # noqa: S311 - to be repeated
    return ProofRun(name=name, count=count, seed=run_seed(), random=chance)


def _read_mark(mark: pytest.Mark) -> tuple[str, int]:
    return mark.args[0], scaled(mark.kwargs["small"], mark.kwargs["full"])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--proofs", metavar="FILE", help="write the table of named proofs to FILE")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "proof(name, small, full): counted by `make prove`")
    proofs = config.stash[_COLLECTED] = []
    config.pluginmanager.register(_Collector(proofs))
    for name in [*os.environ]:
        if name.startswith("ASSISTANT_") and not name.startswith(
            ("ASSISTANT_PROVE", "ASSISTANT_TEST")
        ):
            del os.environ[name]  # the machine's own deployment must not leak into a test


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"proofs: {'full counts' if proving() else 'small counts'}, seed {run_seed()}"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if mark := item.get_closest_marker("proof"):
        name, count = _read_mark(mark)
        item.user_properties.append((_PROPERTY, (name, count, run_seed())))


class _Collector:
    """Gathers results; under xdist the reports of all workers pass here, in the controller."""

    def __init__(self, proofs: list[Proof]) -> None:
        self._proofs = proofs

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        decisive = report.when == "call" or (report.when == "setup" and not report.passed)
        found = dict(report.user_properties).get(_PROPERTY)
        if not decisive or not isinstance(found, tuple | list):
            return
        name, count, seed = found
        self._proofs.append(Proof(name, count, seed, report.outcome, report.nodeid))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    proofs = sorted(config.stash[_COLLECTED], key=lambda proof: (proof.name, proof.test))
    if proving() and proofs:
        terminalreporter.section(f"proofs, seed {run_seed()}")
        for proof in proofs:
            terminalreporter.line(f"{proof.outcome:8} {proof.count:>9,}  {proof.name}")
    if target := config.getoption("--proofs"):
        Path(target).write_text(render(proofs), encoding="utf-8")
        terminalreporter.line(f"{len(proofs)} proofs written to {target}")


def render(proofs: list[Proof]) -> str:
    """Return the Markdown page of ``proofs``."""
    today = datetime.now(UTC).date().isoformat()
    lines = [
        "# Proofs by repetition",
        "",
        f"Written by `make prove` on {today}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores. "
        "`make prove SEED=<seed>` repeats a run.",
        "",
        "| what holds | tries | seed | outcome | test |",
        "|---|--:|--:|---|---|",
    ]
    for proof in proofs:
        cells = (proof.name, f"{proof.count:,}", str(proof.seed), proof.outcome, f"`{proof.test}`")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
