"""There is no way to a customer's history but through a grant: the repositories are walked."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import get_type_hints

from tests.architecture.source_tree import python_files

import assistant.store
from assistant.profile.consent.grants import Grant
from assistant.retrieval.history_reader import HistoryReader, OpenedHistory

HISTORY = ("HistoryEvent", "HistoryBlock", "OwnRow")
"""Names of the types that hold what a customer did."""

MAY_READ = {
    "retrieval/history_reader.py": "the one reader for use; its `open` takes a Grant",
    "retrieval/history_indexing.py": "packs a customer's own block, shows nothing to anybody",
    "retrieval/history_trimming.py": "takes erased events out of a block, shows nothing to anybody",
    "bootstrap/transparency.py": "tells a customer which of their own events have a vector",
    "profile/transparency/export.py": "a customer takes away their own, the reading logged first",
    "profile/transparency/reciprocity.py": "a customer sees where their own helped them",
    "profile/transparency/own_data.py": "a customer is shown everything that is theirs",
    "web/records.py": "a customer looks at their own; takes a verified actor",
}
"""Modules that may call what gives history out, and why."""


def history_methods() -> Iterator[tuple[str, str]]:
    """Yield module and name of each public method of a repository that gives history out."""
    for found in pkgutil.iter_modules(assistant.store.__path__):
        module = importlib.import_module(f"assistant.store.{found.name}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if cls.__module__ != module.__name__:
                continue
            for name, method in inspect.getmembers(cls, inspect.isfunction):
                given = str(method.__annotations__.get("return", ""))
                if not name.startswith("_") and any(kind in given for kind in HISTORY):
                    yield found.name, name


def callers_of(names: set[str]) -> dict[str, set[str]]:
    """Return which of ``names`` each module of ours, outside the store, calls or passes on."""
    callers: dict[str, set[str]] = {}
    for path in python_files("src"):
        module = path.as_posix().split("src/assistant/", 1)[-1]
        used = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)
            and node.attr in names
            and not ast.unparse(node.value).endswith("consents")  # its events are decisions
        }
        if used and not module.startswith("store/"):
            callers[module] = used
    return callers


def test_history_leaves_the_store_by_the_named_repositories_only() -> None:
    found = set(history_methods())

    assert {module for module, _ in found} == {"events", "history_blocks", "own_rows"}
    assert ("events", "list_events") in found, "the walk must find what is there"


def test_only_the_named_modules_call_what_gives_history_out() -> None:
    callers = callers_of({name for _, name in history_methods()})

    assert set(callers) == set(MAY_READ)


def test_the_reader_opens_history_for_a_grant_and_for_nothing_else() -> None:
    public = {
        name: get_type_hints(method)
        for name, method in inspect.getmembers(HistoryReader, inspect.isfunction)
        if not name.startswith("_")
    }
    giving = {name: hints for name, hints in public.items() if hints["return"] is OpenedHistory}

    assert set(giving) == {"open"}
    assert [hint for hint in giving["open"].values() if hint is Grant] == [Grant]
    assert not any("customer" in name for name in giving["open"])
