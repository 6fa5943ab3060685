"""The files that the rules of the house are checked on, found without asking git."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "assistant"
FOLDERS = ("src", "tests", "tools", "bench", "conformance", "docs", "knowledge", ".ci")
TEXT_SUFFIXES = {
    "", ".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".json", ".js", ".css", ".html", ".svg",
    ".csv", ".ini", ".mako",
}  # fmt: skip
SKIPPED = {"__pycache__", "results", "node_modules"}


def text_files() -> Iterator[Path]:
    """Yield every text file of the project, sorted within its folder."""
    yield from (path for path in sorted(ROOT.iterdir()) if _is_text(path))
    for folder in FOLDERS:
        yield from (path for path in sorted((ROOT / folder).rglob("*")) if _is_text(path))


def python_files(*folders: str) -> list[Path]:
    """Return the Python files of ``folders``, or of the whole project."""
    wanted = {path for path in text_files() if path.suffix == ".py"}
    return sorted(p for p in wanted if not folders or p.relative_to(ROOT).parts[0] in folders)


def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def shown(path: Path) -> str:
    """Return how a rule names the file."""
    return path.relative_to(ROOT).as_posix()


def _is_text(path: Path) -> bool:
    known = path.is_file() and path.suffix in TEXT_SUFFIXES and path.name != "installed"
    return known and SKIPPED.isdisjoint(path.parts)
