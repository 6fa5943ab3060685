"""Every error code and every library is explained."""

import re
import tomllib

from tests.docs.documents import ROOT, read

from assistant.core.errors import AssistantError


def all_errors(root: type[AssistantError] = AssistantError) -> set[type[AssistantError]]:
    """Return the errors of the core, from the root down."""
    below = {error for child in root.__subclasses__() for error in all_errors(child)}
    return {e for e in below | {root} if e.__module__ == "assistant.core.errors"}


def test_every_error_code_is_documented() -> None:
    text = read("docs/api.md")
    assert [e.code for e in all_errors() if f"`{e.code}`" not in text] == []


def test_tree_of_errors_is_drawn_in_full() -> None:
    drawn = read("src/assistant/core/errors.py").partition('"""')[2].partition('"""')[0]
    assert [e.__name__ for e in all_errors() if e.__name__ not in drawn] == []


def test_every_library_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(line for lines in extras for line in lines)]
    names = {re.split(r"[<>=\[; ]", line)[0] for line in wanted}
    text = read("docs/decisions.md")
    assert sorted(name for name in names if f"**{name}**" not in text) == []
