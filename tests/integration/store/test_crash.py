"""Work that was acknowledged survives SIGKILL."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.proving import ProofRun

from assistant.store.engine import Connection, Database

WRITER = Path(__file__).with_name("acknowledging_writer.py")


@pytest.mark.proof("Acknowledged work survives kill -9", small=2, full=50)
def test_every_acknowledged_row_is_there_after_a_kill(
    database_url: str, proof_run: ProofRun
) -> None:
    for _ in range(proof_run.count):
        acknowledged = _killed_writer(database_url, after=proof_run.random.randint(40, 400))

        database = Database.open(database_url)
        stored = database.read_now(_names)
        assert len(acknowledged) > 30
        assert acknowledged - stored == set()
        database.write_now(lambda c: c.execute(text("DELETE FROM intake_progress")))
        database.close_now()


def _killed_writer(url: str, *, after: int) -> set[str]:
    """Start the writer, kill it after so many acknowledgements, return all that it printed."""
    process = subprocess.Popen([sys.executable, str(WRITER), url], stdout=subprocess.PIPE)
    assert process.stdout is not None
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    printed = b"".join(process.stdout.readline() for _ in range(after))
    process.kill()
    printed += process.communicate()[0]
    watchdog.cancel()
    whole_lines = printed[: printed.rfind(b"\n") + 1]
    return set(whole_lines.decode().split())


def _names(connection: Connection) -> set[str]:
    rows = connection.execute(text("SELECT file_hash FROM intake_progress"))
    return {row.file_hash for row in rows}
