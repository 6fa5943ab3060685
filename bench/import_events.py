"""Measure ``assistant import``: events a second, and whether memory grows with the file.

    python bench/import_events.py [--events 100000] [--customers 10000] [--json OUT]

Imports synthetic events of a shop (orders, deliveries, returns, cases) into a fresh SQLite
database with sealed content and keys on disk, as the command does. Memory is the process's peak
after a tenth of the file and at its end: a reader that holds the file shows a difference of its
size.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.channels.cloudevents import EventParser
from assistant.channels.import_file import EventImport
from assistant.channels.intake import Intake
from assistant.core.clock import system_clock
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.pack.loading import load_pack
from assistant.store.consents import ConsentRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.store.events import EventRepository
from assistant.store.intake_state import IntakeStateRepository
from assistant.vault.key_files import create_key_file
from assistant.vault.vault import Vault

PACK = Path(__file__).parents[1] / "knowledge" / "market"
START = datetime(2025, 1, 1, tzinfo=UTC)
ITEMS = [
    {"item_id": "K1", "name": "Alder 1.7 L electric kettle", "options": {"colour": "slate"}},
    {"item_id": "C3", "name": "Pebble filter cartridges", "quantity": 2, "price": 17.9},
]
TYPES = ("order.placed", "order.shipped", "order.delivered", "return.requested", "case.opened")


def synthetic_events(count: int, customers: int) -> Iterator[str]:
    """Yield ``count`` lines of NDJSON; each customer's events are spread over the whole file."""
    for number in range(count):
        event_type = TYPES[number % len(TYPES)]
        data: dict[str, object] = {"order_id": f"#W{number // len(TYPES)}", "items": ITEMS}
        if event_type == "case.opened":
            data = {"case_id": f"C-{number}", "text": "The parcel came without the second item."}
        event = {
            "specversion": "1.0",
            "id": f"bench-{number}",
            "source": "https://shop.marlow.example",
            "type": event_type,
            "time": (START + timedelta(minutes=number)).isoformat(),
            "subject": f"customer-{number % customers}.example",
            "data": data,
        }
        yield json.dumps(event) + "\n"


def event_import(folder: Path) -> tuple[EventImport, Database]:
    """Return an import into a fresh database in ``folder``."""
    database = Database.open(f"sqlite:///{folder / 'data' / 'assistant.db'}")
    database.migrate()
    keys = SqlKeyStore.open(f"sqlite:///{folder / 'keys' / 'keys.db'}")
    vault = Vault.unlock(keys, create_key_file(folder / "keys" / "key"))
    pack = load_pack(PACK)
    customers = CustomerRepository(vault=vault)
    consents = ConsentRepository(vault=vault)
    progress = IntakeStateRepository()
    intake = Intake(
        categories=pack.categories,
        ledger=ConsentLedger(pack=pack, consents=consents, customers=customers),
        customers=customers,
        events=EventRepository(vault=vault),
        counts=progress,
        clock=system_clock,
    )
    parser = EventParser(event_types=pack.event_types, clock=system_clock)
    made = EventImport(
        database=database, intake=intake, parser=parser, progress=progress, clock=system_clock
    )
    return made, database


def peak_mib() -> float:
    """Return the process's peak resident memory so far in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform != "darwin" else peak / 1024 / 1024


def measure(events: int, customers: int) -> dict[str, float]:
    """Import once and return the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        path = folder / "events.ndjson"
        with path.open("w", encoding="utf-8") as stream:
            stream.writelines(synthetic_events(events, customers))
        making, database = event_import(folder)
        peaks: list[float] = []

        def note(line: int) -> None:
            if line >= events // 10 and not peaks:
                peaks.append(peak_mib())

        began, worked = time.perf_counter(), time.process_time()
        outcome = making.run(path, on_progress=note)
        seconds, cpu = time.perf_counter() - began, time.process_time() - worked
        database.close_now()
        assert outcome.stored == events
        return {
            "events": events,
            "customers": customers,
            "file MiB": round(path.stat().st_size / 2**20, 1),
            "database MiB": round((folder / "data" / "assistant.db").stat().st_size / 2**20, 1),
            "seconds": round(seconds, 1),
            "processor seconds": round(cpu, 1),
            "events per second": round(events / seconds),
            "events per processor second": round(events / cpu),
            "peak MiB after a tenth": round(peaks[0], 1),
            "peak MiB at the end": round(peak_mib(), 1),
            "growth MiB": round(peak_mib() - peaks[0], 1),
        }


def main() -> None:
    """Measure and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--events", type=int, default=100_000)
    arguments.add_argument("--customers", type=int, default=10_000)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    figures = measure(given.events, given.customers)
    for name, value in figures.items():
        print(f"{name:<28} {value:>12,}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
