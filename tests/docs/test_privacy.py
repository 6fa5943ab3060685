"""docs/privacy.md names code and tests; each place must exist, each test must be one that runs."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "privacy.md"
SOURCES = ROOT / "src" / "assistant"

MUST_BE_PROMISED = {
    "retention": "tests/integration/erasure/test_retention.py",
    "confirmed words": "tests/integration/profile/test_facts.py",
    "no writing path": "tests/architecture/test_profile_writers.py",
    "composed again": "tests/integration/dialogue/test_withdrawal_race.py",
    "checks are logged": "tests/integration/profile/test_integrity_check.py",
    "linked form": "tests/unit/test_linked_form.py",
}
"""Promises that were missing once, by the file whose test notices them."""


def promises() -> Iterator[tuple[str, str, str]]:
    """Yield promise, enforcing places and noticing tests of each row."""
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[0] != "promise":
            yield cells[0], cells[2], cells[3]


def names(cell: str) -> list[str]:
    """Return what a cell shows as code."""
    return re.findall(r"`([^`]+)`", cell)


PROMISES = list(promises())


@pytest.mark.parametrize("promise", PROMISES, ids=lambda row: row[0][:40])
def test_promise_names_places_that_exist_and_tests_that_run(
    promise: tuple[str, str, str],
) -> None:
    _, places, tests = promise

    paths = [name for name in names(places) if "/" in name or name.startswith(".")]
    assert paths
    assert [path for path in paths if not _exists(path)] == []
    assert names(tests)
    assert [test for test in names(tests) if not _is_test(test)] == []


def test_page_has_promises() -> None:
    assert len(PROMISES) >= 50


@pytest.mark.parametrize("what", MUST_BE_PROMISED)
def test_promise_is_on_the_page(what: str) -> None:
    cited = [name.partition("::")[0] for _, _, tests in PROMISES for name in names(tests)]
    assert MUST_BE_PROMISED[what] in cited


@pytest.mark.parametrize(
    "name",
    [
        "tests/scoping.py::calling_function",
        "tests/docs/test_privacy.py",
        "tests/docs/test_privacy.py::names",
        "tests/docs/test_privacy.py::test_of_nobody",
        "tests/docs/test_nothing.py::test_page_has_promises",
        "src/assistant/profile/consent/ledger.py::decide",
        "tests/docs/../docs/test_privacy.py::test_page_has_promises",
    ],
)
def test_what_is_no_test_does_not_count(name: str) -> None:
    assert not _is_test(name)


def test_a_test_counts() -> None:
    assert _is_test("tests/docs/test_privacy.py::test_page_has_promises")


def _exists(path: str) -> bool:
    return (SOURCES / path).exists() or (ROOT / path).exists()


def _is_test(name: str) -> bool:
    """Whether pytest collects ``path::function``, a test of ours that nothing skips for good."""
    path, _, function = name.partition("::")
    return path.startswith("tests/") and ".." not in path and function in _collected(path)


@cache
def _collected(path: str) -> frozenset[str]:
    """Return the tests of a file by pytest's own rules for names: ours stand in no classes."""
    file = ROOT / path
    if not (file.is_file() and file.name.startswith("test_")):
        return frozenset()
    return frozenset(
        node.name
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
        and node.name.startswith("test_")
        and not any(_skips(mark) for mark in node.decorator_list)
    )


def _skips(mark: ast.expr) -> bool:
    return bool(re.search(r"\bmark\.(?:skip|xfail)\b", ast.unparse(mark)))
