"""``docs/conformance.md`` lists every check, and the suite starts, stops and reports as it says."""

from pathlib import Path

import pytest
from conformance.__main__ import main
from conformance.report import row_of
from conformance.suite import CHECKS, select

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


def test_suite_says_that_nobody_answers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("CONFORMANCE_URL", f"http://127.0.0.1:{unused_tcp_port}")
    monkeypatch.setenv("CONFORMANCE_IDENTITY_SECRET", "x" * 32)
    monkeypatch.setenv("CONFORMANCE_EVENTS_KEY", "y")
    assert main(["--only", "gate.unasked"]) == 2
    captured = capsys.readouterr()
    assert "no server answers" in captured.err
    assert "0 kept, 0 broken, 1 no answer" in captured.out


def test_suite_names_a_check_that_does_not_exist(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONFORMANCE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("CONFORMANCE_IDENTITY_SECRET", "x" * 32)
    monkeypatch.setenv("CONFORMANCE_EVENTS_KEY", "y")
    assert main(["--only", "gate.nothing"]) == 2
    assert "gate.nothing" in capsys.readouterr().err
