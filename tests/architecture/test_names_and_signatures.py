"""Names say what a thing is, and signatures say what they take."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source_tree import PACKAGE, parse, python_files, shown

EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"}
EMPTY_SUFFIXES = ("Manager", "Helper", "Util", "Utils", "Info", "Processor")
OPEN_TYPES = {"dict[str, Any]", "Dict[str, Any]", "Mapping[str, Any]", "MutableMapping[str, Any]"}


def test_no_module_has_an_empty_name() -> None:
    words = {shown(path): set(path.stem.split("_")) for path in python_files("src")}
    assert {name for name, parts in words.items() if parts & EMPTY_NAMES} == set()


def test_no_class_has_an_empty_name() -> None:
    classes = {
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in python_files("src")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(EMPTY_SUFFIXES)
    }
    assert classes == set()


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts}
    assert {shown(folder) for folder in folders if not (folder / "__init__.py").is_file()} == set()


def test_no_public_signature_takes_or_gives_an_open_dictionary() -> None:
    found = {text for path in python_files("src") for text in open_dictionaries(path)}
    assert found == set()


def test_open_dictionaries_are_found_where_they_are() -> None:
    path = PACKAGE / "core" / "invented.py"
    tree = ast.parse("class A:\n    x: dict[str, Any]\ndef f(a: list[dict[str, Any]]): ...\n")
    assert len(list(open_dictionaries(path, tree))) == 2


def open_dictionaries(path: Path, tree: ast.Module | None = None) -> Iterator[str]:
    """Yield places of a module where a public function or field is typed as an open dictionary."""
    tree = tree or parse(path)
    for node in tree.body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        for member in members:
            for annotation in _public_annotations(member):
                if any(text in ast.unparse(annotation) for text in OPEN_TYPES):
                    yield f"{shown(path)}:{annotation.lineno} {ast.unparse(annotation)}"


def _public_annotations(node: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        yield from (a.annotation for a in arguments if a.annotation is not None)
        if node.returns is not None:
            yield node.returns
    if isinstance(node, ast.AnnAssign) and not ast.unparse(node.target).startswith("_"):
        yield node.annotation
