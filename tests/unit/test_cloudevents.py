from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fakes.clock import SteppableClock
from tests.profile_parts import MARKET

from assistant.channels.cloudevents import (
    MAX_DEPTH,
    MAX_EVENT_BYTES,
    EventParser,
    Invalid,
    Refused,
)
from assistant.core.events import IncomingEvent
from assistant.profile.pack.loading import load_pack

NOW = SteppableClock()()
PARSER = EventParser(event_types=load_pack(MARKET).event_types, clock=lambda: NOW)


def order(**changes: object) -> dict[str, Any]:
    document = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "https://shop.marlow.example",
        "type": "order.placed",
        "time": "2026-02-01T10:00:00.123456Z",
        "subject": "amara.example",
        "data": {
            "order_id": "#W123",
            "items": [{"item_id": "K1", "name": "Alder 1.7 L electric kettle"}],
        },
    }
    return {name: value for name, value in {**document, **changes}.items() if value is not ...}


def reason(document: object) -> str:
    parsed = PARSER.parse(document)
    assert isinstance(parsed, Invalid), parsed
    return parsed.reason


def test_an_event_is_parsed_mapped_and_said() -> None:
    event = PARSER.parse(order())

    assert isinstance(event, IncomingEvent)
    assert event.category == "orders"
    assert event.subject == "amara.example"
    assert event.data["order_id"] == "#W123", "order ids stay as they were given"
    assert event.rendering == "You ordered an Alder 1.7 L electric kettle, order #W123."


def test_times_are_kept_in_utc_to_the_millisecond() -> None:
    event = PARSER.parse(order(time="2026-02-01T12:00:00.123456+02:00"))

    assert isinstance(event, IncomingEvent)
    assert event.time == datetime(2026, 2, 1, 10, 0, 0, 123_000, tzinfo=UTC)


def test_what_is_optional_may_be_missing_or_null() -> None:
    event = PARSER.parse(order(specversion=..., data={"order_id": 7, "items": None, "total": None}))

    assert isinstance(event, IncomingEvent)
    assert event.data == {"order_id": "7"}


def test_fields_we_do_not_know_are_kept() -> None:
    event = PARSER.parse(order(data={"order_id": "1", "gift": {"wrap": True}}))

    assert isinstance(event, IncomingEvent)
    assert event.data["gift"] == {"wrap": True}


def test_an_extension_attribute_names_the_category() -> None:
    event = PARSER.parse(order(category="support_cases"))

    assert isinstance(event, IncomingEvent)
    assert event.category == "support_cases"


def test_an_unknown_type_needs_a_category_and_a_summary_of_its_own() -> None:
    said = {"summary": "You sharpened two knives at our Larkhaven desk."}

    accepted = PARSER.parse(order(type="knife.sharpened", category="store_visits", data=said))

    assert isinstance(accepted, IncomingEvent)
    assert accepted.rendering == said["summary"]
    for lacking in ({"category": "store_visits"}, {"data": said}, {"data": {"summary": " "}}):
        document = order(type="knife.sharpened", **{"data": {}, **lacking})
        assert PARSER.parse(document) == Refused("unknown_type")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": ...}, "id: is missing"),
        ({"id": ""}, "id:"),
        ({"id": "a\0b"}, "id:"),
        ({"id": "x" * 513}, "id:"),
        ({"source": ...}, "source: is missing"),
        ({"subject": ...}, "subject: is missing"),
        ({"subject": ["a"]}, "subject:"),
        ({"type": 5}, "type:"),
        ({"specversion": "0.3"}, "specversion:"),
        ({"time": ...}, "time: is missing"),
        ({"time": 1_770_000_000}, "time: must be RFC 3339"),
        ({"time": "1770000000"}, "time: must be RFC 3339"),
        ({"time": "2026-02-01"}, "time: must be RFC 3339"),
        ({"time": "2026-02-01T10:00:00"}, "time: must name its time zone"),
        ({"time": "2026-13-01T10:00:00Z"}, "time:"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "time: outside the calendar"),
        ({"time": "2036-02-01T10:00:00Z"}, "time: lies in the future"),
        ({"datacontenttype": "text/xml"}, "datacontenttype:"),
        ({"data": "text"}, "data: must be a JSON object"),
        ({"data_base64": "AAAA"}, "data_base64:"),
        ({"data": {}}, "data.order_id: is missing"),
        ({"data": {"order_id": "1", "items": "kettle"}}, "data.items: must be a JSON array"),
        ({"data": {"order_id": "1", "items": [{"item_id": 5}]}}, "data.items.0.name: is missing"),
        ({"data": {"order_id": "1", "items": [{"name": "k", "quantity": -1}]}}, "quantity"),
        ({"data": {"order_id": "1", "total": "much"}}, "data.total:"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_field(changes: dict[str, Any], said: str) -> None:
    assert said in reason(order(**changes))


@pytest.mark.parametrize("document", [None, 5, "text", [], [order()]])
def test_what_is_no_object_is_invalid(document: object) -> None:
    assert reason(document) == "must be a JSON object"


@pytest.mark.parametrize(
    "changes",
    [
        {"id": {"hush": "SECRET"}},
        {"time": "SECRET"},
        {"specversion": "SECRET"},
        {"data": {"order_id": ["SECRET"]}},
        {"data": {"order_id": "1", "total": "SECRET"}},
        {"data": {"order_id": "1", "items": [{"name": "k", "options": {"SECRET": ["SECRET"]}}]}},
        {"data": {"order_id": "1", "items": [{"name": "k", "price": {"SECRET": 1}}]}},
    ],
)
def test_neither_values_nor_made_up_names_are_repeated(changes: dict[str, Any]) -> None:
    assert "SECRET" not in reason(order(**changes))


def test_a_clock_that_is_a_little_ahead_is_forgiven() -> None:
    ahead = (NOW + timedelta(hours=23)).isoformat()

    assert isinstance(PARSER.parse(order(time=ahead)), IncomingEvent)


def test_what_is_nested_too_deeply_or_too_large_is_invalid() -> None:
    deep: object = "x"
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]

    assert "nested deeper" in reason(order(data={"order_id": "1", "deep": deep}))
    assert "larger than" in reason(order(data={"order_id": "1", "note": "x" * MAX_EVENT_BYTES}))


@pytest.mark.parametrize(
    "text", [b"", b"{", b"\xff\xfe", b'{"id": "\x00"}', b"[" * 5000, b"NaN", b'"\\ud800"', b"1e999"]
)
def test_what_is_not_json_is_invalid(text: bytes) -> None:
    assert isinstance(PARSER.parse_json(text), Invalid)
