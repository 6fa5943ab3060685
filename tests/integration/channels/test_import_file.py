import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.profile_parts import Parts

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.channels.import_file import CHUNK_EVENTS, in_chunks
from assistant.channels.import_outcome import MAX_PROBLEMS, LineProblem
from assistant.core.clock import system_clock
from assistant.core.errors import InvalidInput
from assistant.store.engine import Database
from assistant.vault.key_files import create_key_file
from assistant.vault.vault import Vault


def line(number: int, **changes: object) -> str:
    event = {
        "id": f"e-{number}",
        "source": "https://shop.marlow.example",
        "type": "order.placed",
        "time": "2026-02-01T10:00:00Z",
        "subject": f"customer-{number % 7}.example",
        "data": {"order_id": f"#W{number}", "items": [{"name": "Alder kettle"}]},
        **changes,
    }
    return json.dumps(event)


def write(path: Path, lines: Sequence[str | bytes]) -> Path:
    path.write_bytes(
        b"".join((entry.encode() if isinstance(entry, str) else entry) + b"\n" for entry in lines)
    )
    return path


def test_good_lines_are_stored_and_bad_ones_named(parts: Parts, tmp_path: Path) -> None:
    path = write(
        tmp_path / "events.ndjson",
        [
            b"\xef\xbb\xbf" + line(1).encode() + b"\r",
            "",
            "{broken",
            line(2).encode()[:-2] + b"\xff}",
            b'{"id": "\x00"}',
            line(3, data={"order_id": "1", "note": "x" * 1_200_000}),
            line(4, time="SECRET"),
            line(5, type="page.viewed", data={}),
            line(6, type="knife.sharpened"),
            line(1),
            line(1, data={"order_id": "#W1", "total": 2}),
            line(7),
        ],
    )

    outcome = parts.event_import.run(path)

    assert (outcome.stored, outcome.duplicates) == (2, 1)
    assert outcome.refused == {"no_lawful_basis": 1, "unknown_type": 1}
    assert outcome.lines == 11, "an empty line is no line of the file's"
    assert [problem.line for problem in outcome.invalid] == [3, 4, 5, 6, 7, 11]
    assert outcome.invalid_count == 6
    assert outcome.invalid[3] == LineProblem(6, "longer than 1048576 bytes")
    assert outcome.invalid[4].reason.startswith("time: must be RFC 3339")
    assert outcome.invalid[5].reason.startswith("conflict: the same source and id")
    assert "SECRET" not in repr(outcome)


def test_importing_again_reports_duplicates(parts: Parts, tmp_path: Path) -> None:
    path = write(tmp_path / "events.ndjson", [line(n) for n in range(20)])
    parts.event_import.run(path)

    again = parts.event_import.run(path)

    assert (again.stored, again.duplicates, again.resumed_after) == (0, 20, 0)


def test_progress_is_told_chunk_by_chunk(parts: Parts, tmp_path: Path) -> None:
    path = write(tmp_path / "events.ndjson", [line(n) for n in range(CHUNK_EVENTS + 3)])
    told: list[int] = []

    parts.event_import.run(path, on_progress=told.append)

    assert told == [CHUNK_EVENTS, CHUNK_EVENTS + 3]


def test_only_the_first_problems_are_kept(parts: Parts, tmp_path: Path) -> None:
    outcome = parts.event_import.run(write(tmp_path / "bad.ndjson", ["{"] * 250))

    assert len(outcome.invalid) == MAX_PROBLEMS
    assert outcome.invalid_count == 250


def test_an_interrupted_import_goes_on_where_it_stopped(parts: Parts, tmp_path: Path) -> None:
    path = write(tmp_path / "events.ndjson", [line(n) for n in range(3 * CHUNK_EVENTS)])

    class PowerCut(Exception):
        pass

    def cut(done: int) -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        parts.event_import.run(path, on_progress=cut)
    outcome = parts.event_import.run(path)

    assert outcome.resumed_after == CHUNK_EVENTS
    assert (outcome.stored, outcome.duplicates) == (2 * CHUNK_EVENTS, 0)


def test_another_file_of_the_same_name_starts_at_its_own_beginning(
    parts: Parts, tmp_path: Path
) -> None:
    path = write(tmp_path / "events.ndjson", [line(n) for n in range(2 * CHUNK_EVENTS)])

    def cut(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parts.event_import.run(path, on_progress=cut)
    write(path, [line(9_000), line(1)])

    outcome = parts.event_import.run(path)

    assert (outcome.stored, outcome.duplicates, outcome.resumed_after) == (1, 1, 0)


def test_a_table_is_imported_with_its_mapping(parts: Parts, tmp_path: Path) -> None:
    table = write(
        tmp_path / "till.csv",
        ["Order,Customer,Date,Article", "#W1,amara.example,2026-02-01T10:00:00Z,Oak pan", "#W2,b"],
    )
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        'event: {source: till.marlow.example, id: "{Order}", type: order.placed, '
        'subject: "{Customer}", time: "{Date}", '
        'data: {order_id: "{Order}", items: [{name: "{Article}"}]}}'
    )

    outcome = parts.event_import.run(table, mapping=mapping)

    assert outcome.stored == 1
    assert outcome.invalid == (LineProblem(3, "has 2 cells where the header has 4"),)
    assert parts.renderings(parts.customer()) == ["You ordered an Oak pan, order #W1."]


def test_events_beside_a_table_do_not_need_its_mapping(parts: Parts, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        'event: {source: till.marlow.example, id: "{Order}", type: order.placed, '
        'subject: "{Customer}", time: "{Date}"}'
    )

    outcome = parts.event_import.run(write(tmp_path / "e.ndjson", [line(1)]), mapping=mapping)

    assert outcome.stored == 1


def test_a_table_without_mapping_and_a_missing_file_are_explained(
    parts: Parts, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="--mapping"):
        parts.event_import.run(write(tmp_path / "till.csv", ["a,b"]))
    with pytest.raises(InvalidInput, match="cannot be read"):
        parts.event_import.run(tmp_path / "absent.ndjson")


def test_chunks_end_by_number_or_by_size() -> None:
    events = [(n, None, 40) for n in range(10)]

    by_number = [len(chunk) for chunk in in_chunks(iter(events), most=4, size=1000)]
    by_size = [len(chunk) for chunk in in_chunks(iter(events), most=100, size=100)]

    assert by_number == [4, 4, 2]
    assert by_size == [3, 3, 3, 1]


IMPORT_IN_A_PROCESS = """
import sys
from pathlib import Path
from tests.integration.channels.test_import_file import opened
parts = opened(Path(sys.argv[1]), sys.argv[2])
print("ready", flush=True)
parts.event_import.run(Path(sys.argv[3]), on_progress=lambda line: print(line, flush=True))
"""


def opened(folder: Path, url: str) -> Parts:
    """Open a database with keys on disk, as separate processes share it."""
    from assistant.vault.key_files import read_key_file  # noqa: PLC0415 - used in the child only

    keys = SqlKeyStore.open(f"sqlite:///{folder / 'keys.db'}")
    return Parts.of(
        Database.open(url), Vault.unlock(keys, read_key_file(folder / "key")), system_clock
    )


def test_kill_9_in_between_loses_nothing(tmp_path: Path, database_url: str) -> None:
    total = 6 * CHUNK_EVENTS
    path = write(tmp_path / "events.ndjson", [line(n) for n in range(total)])
    create_key_file(tmp_path / "key")
    command = [sys.executable, "-c", IMPORT_IN_A_PROCESS, tmp_path, database_url, path]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    confirmed = int(child.stdout.readline())
    time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    parts = opened(tmp_path, database_url)
    kept = parts.database.read_now(parts.events.count_events)

    outcome = parts.event_import.run(path)

    assert kept >= confirmed, "what was reported as done outlives the process"
    assert kept % CHUNK_EVENTS == 0, "a chunk is there whole or not at all"
    assert outcome.resumed_after == kept
    assert (outcome.stored, outcome.duplicates) == (total - kept, 0)
    assert parts.database.read_now(parts.events.count_events) == total
    parts.database.close_now()
