"""No text of the repository points at machines, foreign hosts or work left undone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.architecture.source_tree import ROOT, shown, text_files

URL = re.compile(r"\b(?:https?|wss?|ftp)://([^\s/\"'`<>()\[\]{}|,;?#\\]+)", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:root|home|work|opt|Users)/[\w.]")
UNDONE = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
OWN_HOSTS = re.compile(
    r"""^(?:[^@]*@)?(?:
        localhost | 127\.0\.0\.1 | 0\.0\.0\.0 | ::1 | host   # this machine, or a placeholder
      | (?:[\w-]+\.)*example                                 # the reserved top level
      | w3id\.org | purl\.org | www\.w3\.org | schema\.org | json-schema\.org | spec\.openapis\.org
      | www\.apache\.org | spdx\.org                         # the licence's own text
    )(?::\d+)?$""",
    re.VERBOSE,
)
"""Names of vocabularies are identifiers; nothing is ever fetched from them."""

THIS_FILE = Path(__file__)


def offences(path: Path, text: str) -> Iterator[str]:
    """Yield every offence in a text, with file and line."""
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{shown(path)}:{number}"
        hosts = [host.rstrip(".:") for host in URL.findall(line)]
        yield from (f"{place} host {host}" for host in hosts if not OWN_HOSTS.match(host))
        yield from (f"{place} path {found.group()}" for found in MACHINE_PATH.finditer(line))
        yield from (f"{place} {found.group()}" for found in UNDONE.finditer(line))


def test_repository_names_no_machine_no_foreign_host_and_no_undone_work() -> None:
    found = [
        offence
        for path in text_files()
        if path != THIS_FILE
        for offence in offences(path, path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("see https://shop.example/a and http://localhost:8080/", 0),
        ("see https://packages.invalid/simple", 1),
        ("wss://chat.shop.example.evil.test/", 1),
        ("look in /home/somebody/x", 1),
        ("GET /homepage/x and ./work/x", 0),
        ("# TODO later", 1),
    ],
)
def test_offences_are_found_where_they_are(text: str, count: int) -> None:
    assert len(list(offences(ROOT / "README.md", text))) == count
