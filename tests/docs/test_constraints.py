"""Two installs give the same versions: every distribution an install may bring is pinned."""

import re
from collections.abc import Mapping
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.docs.documents import read

PIN = re.compile(r"^([a-z0-9-]+)==([0-9][\w.!+]*)$")
PROJECT = "reciprocal-assistant"
EXTRAS = ("", "postgres", "redis", "onnx", "openvino", "dev")
BUILD_TOOLS = ("hatchling", "editables")


def pins() -> dict[str, str]:
    """Return the pinned versions by canonical name."""
    lines = [line for line in read("constraints.txt").splitlines() if not line.startswith("#")]
    found = [PIN.match(line) for line in lines]
    assert None not in found, [line for line in lines if not PIN.match(line)]
    return {match[1]: match[2] for match in found if match}


def required(environment: Mapping[str, str]) -> set[str]:
    """Walk from the project and its build tools through everything they require somewhere."""
    waiting = [(PROJECT, extra) for extra in EXTRAS] + [(tool, "") for tool in BUILD_TOOLS]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        for requirement in requirements_of(name):
            marker = requirement.marker
            if marker and not marker.evaluate({**environment, "extra": extra}):
                continue
            wanted = canonicalize_name(requirement.name)
            new = {(wanted, each) for each in ("", *requirement.extras)} - seen
            seen |= new
            waiting.extend(new)
    return {name for name, _ in seen} - {PROJECT, "torch"}


def requirements_of(name: str) -> list[Requirement]:
    """Return what an installed distribution requires; nothing is known of others."""
    try:
        return [Requirement(line) for line in metadata.requires(name) or []]
    except metadata.PackageNotFoundError:
        return []


def test_every_required_distribution_is_pinned_to_what_is_installed() -> None:
    pinned, wanted = pins(), required({})
    assert {name: metadata.version(name) for name in wanted} == {
        name: pinned.get(name) for name in wanted
    }


@pytest.mark.parametrize("python", ["3.11.0", "3.11.9", "3.12.0", "3.13.0", "3.14.0"])
@pytest.mark.parametrize(("system", "platform"), [("Linux", "linux"), ("Darwin", "darwin")])
def test_what_other_machines_require_is_pinned_too(python: str, system: str, platform: str) -> None:
    environment = {
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python,
        "platform_system": system,
        "sys_platform": platform,
    }
    assert sorted(required(environment) - set(pins())) == []


def test_torch_is_pinned_apart_and_nothing_is_hashed() -> None:
    text = read("constraints.txt")
    assert "torch==2.13.0" in read("pyproject.toml")
    assert "torch==2.13.0" in read("tools/install.py")
    assert "--hash" not in text
    assert "torch" not in pins()
