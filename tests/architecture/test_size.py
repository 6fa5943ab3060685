"""Files and functions stay short enough to be read in one go."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.architecture.source_tree import parse, python_files, shown, text_files

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 30
GENERATED = "store/migrations/versions"
"""A migration is one list of statements, run once; cutting it up would not make it clearer."""


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    """Count the lines of a function's body that hold code.

    Signature, docstring, blank and comment lines do not count: they make a function easier to read.
    """
    statements = function.body[ast.get_docstring(function) is not None :]
    if not statements:
        return 0
    span = range(statements[0].lineno, (function.end_lineno or function.lineno) + 1)
    texts = (lines[number - 1].strip() for number in span)
    return sum(bool(text) and not text.startswith("#") for text in texts)


def functions_of(path: Path) -> Iterator[tuple[str, int]]:
    """Yield name and number of code lines of every function in a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{shown(path)}:{node.lineno} {node.name}", code_lines(node, lines)


def too_long(counts: Mapping[str, int], limit: int) -> str:
    """Return one line for each name whose count exceeds ``limit``."""
    found = sorted((count, name) for name, count in counts.items() if count > limit)
    return "\n".join(f"{count} lines: {name}" for count, name in found)


def test_files_have_at_most_300_lines() -> None:
    sources = [path for path in text_files() if path.suffix in {".py", ".js", ".css"}]
    lengths = {shown(p): len(p.read_text(encoding="utf-8").splitlines()) for p in sources}
    assert too_long(lengths, MAX_FILE_LINES) == ""


def test_functions_have_at_most_30_lines_of_code() -> None:
    paths = [path for path in python_files() if GENERATED not in path.as_posix()]
    found = {name: count for path in paths for name, count in functions_of(path)}
    assert too_long(found, MAX_FUNCTION_LINES) == ""


@pytest.mark.parametrize(("statements", "counted"), [(0, 1), (30, 31)])
def test_counting_ignores_signature_docstring_blank_lines_and_comments(
    tmp_path: Path, statements: int, counted: int
) -> None:
    body = "\n".join(["    x = 1"] * statements)
    path = tmp_path / "long.py"
    path.write_text(
        f'def f(\n    a: int,\n):\n    """One.\n\n    Two.\n    """\n    # why\n\n    y = 2\n{body}'
    )
    function = parse(path).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert code_lines(function, path.read_text().splitlines()) == counted
