"""The conformance suite passes on our server and notices each way in which it is spoiled."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from conformance.suite import CHECKS, Outcome, run, select
from tests.conformance.mutants import Mutant
from tests.conformance.server import Template, served
from tests.conformance.spoiled_erasure import ERASURE
from tests.conformance.spoiled_gate import GATE, slow_down
from tests.conformance.spoiled_questions import QUESTIONS
from tests.conformance.spoiled_rights import RIGHTS
from tests.conformance.spoiled_telling import TELLING
from tests.proving import proving

MUTANTS: Sequence[Mutant] = [
    *GATE.found,
    *TELLING.found,
    *QUESTIONS.found,
    *ERASURE.found,
    *RIGHTS.found,
]


ON_POSTGRESQL = (
    "a withdrawal is acknowledged and not recorded",
    "an event that is sent again is stored again",
    "readings are not logged",
    "uses are not recorded",
    "rows that were erased stay",
    "a table is left out of what is shown",
)
"""Mutants of what is written, deleted and read again; all of them run on SQLite."""


def broken(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Return what was seen by each check that found its promise broken."""
    return {each.check.id: each.seen for each in outcomes if each.verdict != "kept"}


def missed(mutant: Mutant, outcomes: Sequence[Outcome]) -> dict[str, tuple[str, str]]:
    """Return what was seen by the checks that had to find the promise broken and did not."""
    found = {each.check.id: (each.verdict, each.seen) for each in outcomes}
    return {name: found[name] for name in mutant.caught_by if found[name][0] != "broken"}


@pytest.mark.timeout(600)
async def test_our_server_keeps_every_promise(
    server_template: Template, database_url: str, tmp_path: Path
) -> None:
    assistant = server_template.copy(tmp_path / "whole", database_url=database_url)
    async with served(assistant) as target:
        assert broken(await run(target)) == {}


@pytest.mark.timeout(600)
async def test_two_processes_of_our_service_keep_promises_together(
    server_template: Template, database_url: str, tmp_path: Path
) -> None:
    """Whatever one process was told holds in the other at once."""
    folder = tmp_path / "two"
    one = server_template.copy(folder, database_url=database_url)
    other = server_template.open(folder, database_url=database_url)
    checks = CHECKS if proving() else select(["withdrawal", "questions.card_first", "erasure"])
    async with served(one) as first, served(other) as second:
        both = replace(first, urls=first.urls + second.urls)
        assert broken(await run(both, checks)) == {}


async def test_a_slow_server_keeps_the_promise_about_answers_in_the_making(
    server_template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_down(monkeypatch)
    async with served(server_template.copy(tmp_path / "slow")) as target:
        assert broken(await run(target, select(["withdrawal.in_the_making"]))) == {}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
async def test_suite_notices_when(
    mutant: Mutant, server_template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checks that must notice do; under ``make prove`` beside all the others."""
    checks = CHECKS if proving() else select(mutant.caught_by)
    mutant.spoil(monkeypatch)
    async with served(server_template.copy(tmp_path / "spoiled"), patience=2.0) as target:
        outcomes = await run(target, checks)
    assert not missed(mutant, outcomes)


@pytest.mark.parametrize("name", ON_POSTGRESQL)
async def test_suite_notices_on_postgresql_when(
    name: str,
    server_template: Template,
    postgresql_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the database keeps or lets go is noticed on the other kind of database too."""
    (mutant,) = [each for each in MUTANTS if each.name == name]
    mutant.spoil(monkeypatch)
    assistant = server_template.copy(tmp_path / "spoiled", database_url=postgresql_url)
    async with served(assistant, patience=2.0) as target:
        outcomes = await run(target, select(mutant.caught_by))
    assert not missed(mutant, outcomes)


def test_there_are_enough_mutants_and_every_group_of_checks_notices_some() -> None:
    noticing = {name.partition(".")[0] for mutant in MUTANTS for name in mutant.caught_by}
    assert len(MUTANTS) >= 12
    assert noticing == {check.id.partition(".")[0] for check in CHECKS}
