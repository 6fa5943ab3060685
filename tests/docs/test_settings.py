"""``docs/settings.md`` holds every setting with its default, and no other."""

import re
from pathlib import Path

from tests.docs.documents import ROOT, documents, read

from assistant.settings import Settings

ROW = re.compile(r"^\| `ASSISTANT_(\w+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
VARIABLE = re.compile(r"\bASSISTANT_[A-Z0-9_]*[A-Z0-9]\b")
NOT_SETTINGS = {"ASSISTANT_CONFIG", "ASSISTANT_PROVE", "ASSISTANT_PROVE_SEED"}
FOR_TESTS = "ASSISTANT_TEST_"


def shown_default(name: str) -> str:
    """Return how the table shows a setting's default."""
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    return "unset" if default is None else f"`{default}`"


def test_table_holds_every_setting_with_its_default() -> None:
    rows = {name.lower(): default for name, default, _ in ROW.findall(read("docs/settings.md"))}
    assert rows == {name: shown_default(name) for name in Settings.model_fields}


def test_every_setting_says_what_it_means() -> None:
    assert [n for n, field in Settings.model_fields.items() if not field.description] == []


def test_every_variable_that_is_mentioned_exists() -> None:
    known = {f"ASSISTANT_{name.upper()}" for name in Settings.model_fields} | NOT_SETTINGS
    folders = (ROOT / "src", ROOT / "tools", ROOT / "bench")
    sources = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    found = {
        f"{path.name}: {name}"
        for path in [*documents(), *sources, ROOT / "Makefile", ROOT / ".ci" / "run"]
        for name in mentioned(path)
        if name not in known and not name.startswith(FOR_TESTS)
    }
    assert found == set()


def mentioned(path: Path) -> set[str]:
    """Return the variables of ours that a file names."""
    return set(VARIABLE.findall(path.read_text(encoding="utf-8")))
