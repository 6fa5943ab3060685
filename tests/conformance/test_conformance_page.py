"""``docs/conformance.md`` lists every check, and the suite starts, stops and reports as it says."""

from dataclasses import replace
from pathlib import Path

import pytest
from conformance.__main__ import main
from conformance.knocking import knock
from conformance.report import head_of, line_of, row_of
from conformance.suite import CHECKS, Outcome, select
from conformance.target import NotConfigured
from tests.conformance.server import Template, served

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


def test_the_page_lists_every_check_and_no_other() -> None:
    rows = [
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    listed = [row for row in rows if "`CONFORMANCE_" not in row]
    assert listed == [row_of(check) for check in CHECKS]


def test_ids_are_unique_and_promises_are_sentences() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    assert all(check.promise.endswith(".") and check.source for check in CHECKS)


def test_a_group_selects_all_of_its_checks() -> None:
    assert {check.id.partition(".")[0] for check in select(["gate"])} == {"gate"}
    assert select([]) == CHECKS


def test_suite_says_what_is_not_configured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONFORMANCE_URL", raising=False)
    assert main([]) == 2
    assert "CONFORMANCE_URL" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value"), [("CONFORMANCE_URL", "localhost"), ("CONFORMANCE_PATIENCE", "long")]
)
def test_suite_says_what_is_configured_wrongly(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    _configure(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setenv(name, value)
    assert main([]) == 2
    assert f"{name}: {value!r} is no " in capsys.readouterr().err


@pytest.mark.parametrize("name", ["CONFORMANCE_IDENTITY_SECRET", "CONFORMANCE_EVENTS_KEY"])
async def test_suite_says_that_a_secret_is_not_the_servers(
    server_template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async with served(server_template.copy(tmp_path / "other")) as target:
        await knock(target)
        wrong = {
            "CONFORMANCE_IDENTITY_SECRET": replace(target, identity_secret="x" * 32),
            "CONFORMANCE_EVENTS_KEY": replace(target, events_key="y"),
        }
        with pytest.raises(NotConfigured, match=name):
            await knock(wrong[name])


def test_table_aligns_and_says_what_was_seen() -> None:
    lines = [line_of(Outcome(check, "kept", "", 0.1), CHECKS) for check in CHECKS]
    places = {line.index(check.promise) for line, check in zip(lines, CHECKS, strict=True)}
    assert places == {head_of(CHECKS).index("promise")}
    broken = line_of(Outcome(CHECKS[0], "broken", "a 500", 0.1), CHECKS).splitlines()
    assert broken[0].startswith("BROKEN")
    assert "seen: a 500" in broken[1]


def test_suite_says_that_nobody_answers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    _configure(monkeypatch, f"http://127.0.0.1:{unused_tcp_port}")
    assert main(["--only", "gate.unasked"]) == 2
    captured = capsys.readouterr()
    assert f"no server answers at http://127.0.0.1:{unused_tcp_port} (" in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_suite_names_a_check_that_does_not_exist(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _configure(monkeypatch, "http://127.0.0.1:9")
    assert main(["--only", "gate.nothing"]) == 2
    assert "gate.nothing" in capsys.readouterr().err


def _configure(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CONFORMANCE_URL", url)
    monkeypatch.setenv("CONFORMANCE_IDENTITY_SECRET", "x" * 32)
    monkeypatch.setenv("CONFORMANCE_EVENTS_KEY", "y")
