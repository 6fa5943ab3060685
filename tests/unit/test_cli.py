"""The command line: fast help, errors in one line with an exit code, results that can be piped."""

import errno
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.commands import exit_code

from assistant.channels.import_outcome import ImportOutcome, LineProblem
from assistant.cli.terminal import progress
from assistant.core.errors import AssistantError, KeyUnavailable
from assistant.core.ids import ConversationId
from assistant.dialogue.turns import Citation, Reply, Sentence
from assistant.retrieval.documents.document import Finding
from assistant.retrieval.indexing import IndexReport

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "numpy", "sqlalchemy", "aiohttp", "pydantic", "faiss", "cryptography")

REPLY = Reply(
    turn_id="t",
    conversation=ConversationId("c"),
    sentences=(Sentence("Your kettle was delivered on 3 November.", ("1",)),),
    state="answered",
    citations=(Citation("1", "event", "Order W123", "shop#e1"),),
)


class FakeAssistant:
    """Stands for the composed service; remembers what it was asked to import."""

    def __init__(self) -> None:
        self.imported: list[str] = []
        self.closed = False
        self.outcome = ImportOutcome(
            lines=3,
            stored=1,
            duplicates=0,
            refused={"no_lawful_basis": 1},
            invalid=(LineProblem(3, "`time` is missing"),),
            invalid_count=1,
        )
        self.findings: tuple[Finding, ...] = ()

    def __enter__(self) -> "FakeAssistant":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def ask(self, question: str, *, subject: str | None) -> Reply:
        assert (question, subject) == ("Where is it?", "mira@shop.example")
        return REPLY

    def import_events(
        self, path: Path, *, mapping: Path | None, on_progress: Callable[[int], None]
    ) -> ImportOutcome:
        self.imported.append(f"events {path.name} {mapping}")
        on_progress(3)
        return self.outcome

    def import_consents(self, path: Path, *, on_progress: Callable[[int], None]) -> ImportOutcome:
        self.imported.append(f"consents {path.name}")
        on_progress(3)
        return self.outcome

    def build_index(
        self, folder: Path | None, *, on_progress: Callable[[int, int], None]
    ) -> IndexReport:
        on_progress(1, 2)
        return IndexReport(
            generation="g",
            changed=True,
            documents=2,
            passages=5,
            sentences=9,
            embedded=4,
            findings=self.findings,
            seconds=1.25,
        )


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> FakeAssistant:
    """The service that commands find in place of the real one."""
    fake = FakeAssistant()
    bootstrap = types.ModuleType("assistant.bootstrap")
    vars(bootstrap)["build"] = lambda settings: fake
    monkeypatch.setitem(sys.modules, "assistant.bootstrap", bootstrap)
    monkeypatch.setattr("assistant.bootstrap", bootstrap, raising=False)
    return fake


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, assistant.__main__ as m; sys.argv = ['assistant', '--help']\n"
        "try: m.main()\n"
        f"except SystemExit: print([n for n in {HEAVY} if n in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.rstrip().endswith("[]"), run.stdout[-300:]


def test_numeric_libraries_are_held_to_one_thread_before_they_load() -> None:
    code = (
        "import os, sys, assistant.__main__ as m; sys.argv = ['assistant', '--help']\n"
        "try: m.main()\n"
        "except SystemExit: print(os.environ['OMP_NUM_THREADS'])"
    )
    environment = {"PATH": "/usr/bin:/bin"}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert run.stdout.rstrip().endswith("1")


def test_ask_prints_answer_and_sources(
    service: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("ask", "Where is it?", "--customer", "mira@shop.example") == 0
    assert capsys.readouterr().out.splitlines() == [
        "Your kettle was delivered on 3 November.",
        "  [event] Order W123 (shop#e1)",
    ]
    assert service.closed


@pytest.mark.parametrize("customer", ["", "mira\udcff", "mira\n"])
def test_ask_explains_an_id_that_no_customer_can_have(
    service: FakeAssistant, capsys: pytest.CaptureFixture[str], customer: str
) -> None:
    assert exit_code("ask", "Where is it?", "--customer", customer) == 1
    assert capsys.readouterr().err.splitlines() == [
        "assistant: --customer takes the company's id of a customer, as printable text"
    ]
    assert not service.closed


def test_import_reads_decisions_first_and_names_wrong_lines(
    service: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("import", "e.ndjson", "--consents", "c.ndjson", "--mapping", "m.yaml") == 1
    assert service.imported == ["consents c.ndjson", "events e.ndjson m.yaml"]
    output = capsys.readouterr()
    assert "e.ndjson: 1 stored, 0 already known, 1 refused (no_lawful_basis 1), 1 wrong" in (
        output.out
    )
    assert "assistant: e.ndjson:3: `time` is missing" in output.err


def test_import_without_files_says_what_to_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("import") == 1
    assert "name a FILE" in capsys.readouterr().err


def test_index_with_unreadable_files_names_them_and_exits_with_1(
    service: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("index") == 0
    service.findings = (Finding("broken.pdf", "cannot be read"),)
    assert exit_code("index") == 1
    output = capsys.readouterr()
    assert "2 documents, 5 passages, 4 texts embedded" in output.out
    assert "assistant: broken.pdf: cannot be read" in output.err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (KeyUnavailable("the key is gone; put it back"), "the key is gone; put it back"),
        (OSError(errno.EADDRINUSE, "taken"), "taken: choose another port with --port"),
        (FileNotFoundError(2, "No such file or directory", "x.csv"), "x.csv: No such file"),
    ],
)
def test_known_errors_are_one_line_without_traceback(
    service: FakeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: AssistantError | OSError,
    line: str,
) -> None:
    def fail(*_: object, **__: object) -> Reply:
        raise error

    monkeypatch.setattr(service, "ask", fail)
    assert exit_code("ask", "Where is it?") == 1
    output = capsys.readouterr().err
    assert output.startswith(f"assistant: {line}")
    assert len(output.splitlines()) == 1


def test_wrong_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_PORT", "sesame")
    assert exit_code("check") == 1
    output = capsys.readouterr().err
    assert "ASSISTANT_PORT" in output
    assert "sesame" not in output


def test_list_that_is_not_json_is_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_ALLOWED_ORIGINS", "https://shop.example")
    assert exit_code("check") == 1
    assert "JSON" in capsys.readouterr().err


def test_missing_configuration_file_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_CONFIG", "nowhere.toml")
    assert exit_code("check") == 1
    assert "nowhere.toml" in capsys.readouterr().err


def test_unknown_command_is_wrong_usage() -> None:
    assert exit_code("dance") == 2


def test_progress_in_a_log_is_a_line_for_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("passages") as advance:
        for done in range(1, 101):
            advance(done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[-1] == "passages: 100 of 100"


def test_progress_of_unknown_length_stays_short(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("lines") as advance:
        for done in range(500, 100_001, 500):
            advance(done)
    assert len(capsys.readouterr().err.splitlines()) == 11
