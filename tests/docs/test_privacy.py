"""docs/privacy.md names code and tests; each of them must exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "privacy.md"
SOURCES = ROOT / "src" / "assistant"


def promises() -> Iterator[tuple[str, str, str]]:
    """Yield promise, enforcing places and noticing tests of each row."""
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[0] != "promise":
            yield cells[0], cells[2], cells[3]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


PROMISES = list(promises())


@pytest.mark.parametrize("promise", PROMISES, ids=lambda row: row[0][:40])
def test_promise_names_places_and_tests_that_exist(promise: tuple[str, str, str]) -> None:
    _, places, tests = promise

    paths = [name for name in names(places) if "/" in name or name.startswith(".")]
    assert paths
    assert [path for path in paths if not _exists(path)] == []
    assert names(tests)
    assert [test for test in names(tests) if not _is_test(test)] == []


def test_page_has_promises() -> None:
    assert len(PROMISES) >= 30


def _exists(path: str) -> bool:
    return (SOURCES / path).exists() or (ROOT / path).exists()


def _is_test(name: str) -> bool:
    path, _, function = name.partition("::")
    if not (ROOT / path).is_file():
        return False
    tree = ast.parse((ROOT / path).read_text())
    found = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
    }
    return function in found if function else bool(found)
