import json
from pathlib import Path

from bench.retail_events import convert
from tests.fakes.clock import SteppableClock
from tests.profile_parts import MARKET

from assistant.channels.cloudevents import EventParser
from assistant.channels.decisions import DecisionParser, SubjectDecision
from assistant.core.events import IncomingEvent
from assistant.profile.pack.loading import load_pack

ITEM = {
    "name": "Floor Lamp",
    "product_id": "10",
    "item_id": "100",
    "price": 12.5,
    "options": {"colour": "white"},
}


def folder(path: Path) -> Path:
    orders = {
        f"#W{number}": {
            "order_id": f"#W{number}",
            "user_id": "lena_1.example",
            "address": {"city": "Larkhaven"},
            "items": [ITEM, {**ITEM, "item_id": "101"}],
            "status": status,
        }
        for number, status in enumerate(("pending", "processed", "delivered", "cancelled"), 1)
    }
    (path / "orders.json").write_text(json.dumps(orders))
    (path / "users.json").write_text(json.dumps({"lena_1.example": {"orders": list(orders)}}))
    return path


def test_a_retail_folder_becomes_files_that_import_takes(tmp_path: Path) -> None:
    parser = EventParser(event_types=load_pack(MARKET).event_types, clock=SteppableClock())
    decisions = DecisionParser(clock=SteppableClock())

    counts = convert(folder(tmp_path), tmp_path / "out")

    events = [
        parser.parse_json(line)
        for line in (tmp_path / "out" / "events.ndjson").read_bytes().splitlines()
    ]
    assert counts == (8, 1)
    assert all(isinstance(event, IncomingEvent) for event in events)
    assert [event.type.removeprefix("order.") for event in events] == [
        "placed",
        *("placed", "shipped"),
        *("placed", "shipped", "delivered"),
        *("placed", "cancelled"),
    ]
    assert events[0].data["total"] == 25.0
    consent = (tmp_path / "out" / "consents.ndjson").read_bytes()
    assert isinstance(decisions.parse_json(consent), SubjectDecision)


def test_the_same_folder_gives_the_same_files(tmp_path: Path) -> None:
    source = folder(tmp_path)
    convert(source, tmp_path / "one")
    convert(source, tmp_path / "two")

    for name in ("events.ndjson", "consents.ndjson"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
