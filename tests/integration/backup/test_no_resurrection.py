"""No order of backups, erasures, withdrawals and restores brings anybody or anything back."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.databases import PostgresTemplate, SqliteTemplate
from tests.proving import ProofRun, proving
from tests.resurrection import Resurrection

Lend = Callable[[], tuple[Path, str]]


@pytest.fixture(params=["sqlite", "postgresql"])
def lend(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: SqliteTemplate,
) -> Iterator[Lend]:
    """Gives each order a folder and a fresh database of its own."""
    lent: list[str] = []

    def file() -> tuple[Path, str]:
        folder = tmp_path_factory.mktemp("order")
        return folder, sqlite_template.create(folder / "data" / "main.db")

    if request.param == "sqlite":
        yield file
        return
    template: PostgresTemplate = request.getfixturevalue("postgres_template")

    def server() -> tuple[Path, str]:
        if lent:
            template.drop(lent.pop())
        lent.append(template.create())
        return tmp_path_factory.mktemp("order"), template.url(lent[-1])

    yield server
    for name in lent:
        template.drop(name)


@pytest.mark.timeout(7200)
@pytest.mark.proof("No order of backup, erase, withdraw, restore resurrects", small=8, full=200)
def test_nothing_erased_comes_back_and_nothing_withdrawn_is_used(
    proof_run: ProofRun, lend: Lend
) -> None:
    machine = type("Order", (Resurrection,), {"lend": staticmethod(lend), "tried": Counter[str]()})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]  # hypothesis has no types for it
        seed(proof_run.seed)(machine),
        settings=settings(
            max_examples=proof_run.count,
            stateful_step_count=30 if proving() else 5,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert machine.tried["orders"] >= proof_run.count
    print(dict(machine.tried))
