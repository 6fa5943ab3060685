import io
from pathlib import Path

import pytest
from tests.fakes.clock import SteppableClock
from tests.profile_parts import MARKET

from assistant.channels.cloudevents import EventParser, Invalid, ParsedEvent
from assistant.channels.tabular import TableMapping, read_table
from assistant.core.errors import InvalidInput, PackInvalid
from assistant.core.events import IncomingEvent
from assistant.profile.pack.loading import load_pack

MAPPING = """
delimiter: ";"
time_format: "%d.%m.%Y %H:%M"
time_zone: Europe/Berlin
event:
  source: till.marlow.example
  id: "order-{Order}"
  type: order.placed
  subject: "{Customer}"
  time: "{Date}"
  data:
    order_id: "{Order}"
    total: "{Total|number}"
    items:
      - {name: "{Article}", quantity: "{Pieces|number}"}
"""
HEADER = "Order;Customer;Date;Article;Pieces;Total;Notes\n"
PARSER = EventParser(event_types=load_pack(MARKET).event_types, clock=SteppableClock())


@pytest.fixture
def mapping_file(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.yaml"
    path.write_text(MAPPING)
    return path


def read(mapping_file: Path, table: str | bytes) -> list[tuple[int, ParsedEvent]]:
    content = table.encode() if isinstance(table, str) else table
    mapping = TableMapping.load(mapping_file)
    return [(line, event) for line, event, _ in read_table(io.BytesIO(content), mapping, PARSER)]


def test_a_row_becomes_an_event(mapping_file: Path) -> None:
    [(line, event)] = read(
        mapping_file, HEADER + '#W1;amara.example;01.02.2026 12:00;"Oak; pan";2;89,80;\n'
    )

    assert line == 2
    assert isinstance(event, IncomingEvent)
    assert event.id == "order-#W1"
    assert event.time.isoformat() == "2026-02-01T11:00:00+00:00", "Berlin is an hour ahead"
    assert event.data == {
        "order_id": "#W1",
        "total": 89.8,
        "items": [{"name": "Oak; pan", "quantity": 2}],
    }


def test_empty_cells_are_left_out(mapping_file: Path) -> None:
    [(_, event)] = read(mapping_file, HEADER + "1;amara.example;01.02.2026 12:00;Pan;;;\n")

    assert isinstance(event, IncomingEvent)
    assert event.data == {"order_id": "1", "items": [{"name": "Pan"}]}


def test_bad_rows_are_named_by_line_and_the_good_ones_read(mapping_file: Path) -> None:
    good = "1;amara.example;01.02.2026 12:00;Pan;1;;\n"
    rows = read(
        mapping_file,
        (HEADER + good).encode()
        + b"2;amara.example;01.02.2026 12:00;P\xffn;1;;\n"
        + b"3;amara.example;yesterday;Pan;1;;\n"
        + b"4;amara.example;01.02.2026 12:00;Pan;many;;\n"
        + b"5;too few\n\n"
        + b"6;" + b"x" * 1_200_000 + b"\n"
        + good.replace("1;", "7;", 1).encode(),
    )  # fmt: skip

    reasons = {line: event.reason for line, event in rows if isinstance(event, Invalid)}
    assert reasons == {
        3: "column 'Article': not UTF-8 text",
        4: "time: does not have the form of time_format",
        5: "data: column 'Pieces' holds no number",
        6: "has 2 cells where the header has 7",
        8: "has 1 cells where the header has 7",
    }
    assert [line for line, event in rows if isinstance(event, IncomingEvent)] == [2, 9]


def test_neighbouring_rows_of_one_order_become_one_event(mapping_file: Path) -> None:
    mapping_file.write_text(MAPPING + "together: true\n")
    rows = read(
        mapping_file,
        HEADER
        + "1;amara.example;01.02.2026 12:00;Pan;1;;\n"
        + "1;amara.example;01.02.2026 12:00;Kettle;2;;\n"
        + "2;amara.example;02.02.2026 12:00;Lamp;1;;\n",
    )

    assert [line for line, _ in rows] == [3, 4]
    names = [[item["name"] for item in event.data["items"]] for _, event in rows]
    assert names == [["Pan", "Kettle"], ["Lamp"]]


def test_a_missing_column_is_said_before_anything_is_read(mapping_file: Path) -> None:
    with pytest.raises(InvalidInput, match="no column 'Article'"):
        read(mapping_file, "Order;Customer;Date;Pieces;Total\n1;a;b;c;d\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Europe/Berlin", "Europe/Nowhere", "not a known zone"),
        ('delimiter: ";"', 'delimiter: ";;"', "one character"),
        ("  source: till.marlow.example\n", "", "source"),
        ("event:", "events:", "unknown key"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_line(
    mapping_file: Path, old: str, new: str, said: str
) -> None:
    mapping_file.write_text(MAPPING.replace(old, new))

    with pytest.raises(PackInvalid, match=said) as refusal:
        TableMapping.load(mapping_file)

    assert refusal.value.message.startswith(f"{mapping_file}:")
