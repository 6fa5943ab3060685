"""Every command and option is documented, and every command that is documented exists."""

import re
import subprocess
from pathlib import Path

import pytest
import typer.core
import typer.main
from tests.docs.documents import ROOT, code_of, documents, read, sections

from assistant.cli.app import app

TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
MAKE = re.compile(r"\bmake ([a-z]+)\b")
COMMAND = re.compile(r"\bassistant ([a-z][a-z-]+)\b")


def commands() -> dict[str, typer.core.TyperCommand]:
    """Return the commands of the command line by name."""
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return dict(group.commands)


def test_every_command_has_a_section() -> None:
    titles = {
        title.strip("`").removeprefix("assistant ") for title in sections(read("docs/cli.md"))
    }
    assert set(commands()) == titles - {"Make"}


@pytest.mark.parametrize("name", sorted(commands()))
def test_section_names_every_option(name: str) -> None:
    text = sections(read("docs/cli.md"))[f"`assistant {name}`"]
    options = [option for param in commands()[name].params for option in param.opts]
    assert [o for o in options if o.startswith("--") and o not in text] == []


@pytest.mark.parametrize("name", sorted(commands()))
def test_help_teaches_with_an_example(name: str) -> None:
    command = commands()[name]
    assert command.help is not None
    assert f"assistant {name}" in command.help.partition("Example:")[2]
    assert [p.name for p in command.params if not getattr(p, "help", "")] == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_documents_name_only_commands_that_exist(path: Path) -> None:
    code = code_of(path.read_text(encoding="utf-8"))
    targets = set(TARGET.findall(read("Makefile")))
    assert set(MAKE.findall(code)) - targets == set()
    assert set(COMMAND.findall(code)) - set(commands()) - {"import-linter"} == set()


def test_make_explains_every_target() -> None:
    run = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = set(TARGET.findall(read("Makefile")))
    assert [t for t in sorted(targets) if f"make {t} " not in run.stdout] == []


def test_readme_commands_of_make_can_be_planned() -> None:
    for target in sorted(set(MAKE.findall(code_of(read("README.md"))))):
        command = ["make", "--dry-run", target]
        assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
