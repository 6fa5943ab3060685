"""The suite knows nothing of the service: it could be carried to another house as it is."""

import ast
from pathlib import Path

SUITE = Path(__file__).parents[2] / "conformance"


def test_suite_imports_neither_the_service_nor_its_tests() -> None:
    imported = {
        name.partition(".")[0]
        for path in SUITE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _names(node)
    }
    assert "aiohttp" in imported
    assert imported.isdisjoint({"assistant", "tests", "bench"})


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
