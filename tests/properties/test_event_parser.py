"""Whatever arrives, parsing answers with one result and raises nothing."""

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.clock import SteppableClock
from tests.profile_parts import MARKET
from tests.proving import scaled

from assistant.channels.cloudevents import EventParser, Invalid, Refused
from assistant.channels.decisions import DecisionParser, SubjectDecision
from assistant.channels.event_forms import EVENT_FORMS
from assistant.core.events import IncomingEvent
from assistant.profile.pack.loading import load_pack

PARSER = EventParser(event_types=load_pack(MARKET).event_types, clock=SteppableClock())
DECISIONS = DecisionParser(clock=SteppableClock())

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
FIELDS = [
    "order_id", "items", "total", "item_ids", "reason", "amount", "case_id", "text", "topic",
    "store", "metric", "value", "km", "job", "step", "action", "ok", "name", "options", "quantity",
    "price", "summary", "slots", "url", "query", "until", "rating", "address",
]  # fmt: skip
WORDS = st.sampled_from(["1", "#W123", "Alder kettle", "a\0b", "", "\ud800"]) | st.text(max_size=20)
DATA = st.dictionaries(
    st.sampled_from(FIELDS),
    st.recursive(
        JSON | WORDS,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4)
        ),
        max_leaves=8,
    ),
    max_size=6,
)
ALMOST = st.fixed_dictionaries(
    {
        "id": WORDS,
        "source": WORDS,
        "type": st.sampled_from(sorted(EVENT_FORMS)) | WORDS,
        "time": st.sampled_from(["2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00"]) | WORDS,
        "subject": WORDS,
        "data": DATA | JSON,
    },
    optional={"category": WORDS, "specversion": WORDS, "datacontenttype": WORDS},
)


@given(JSON | ALMOST)
@settings(max_examples=scaled(300, 30_000), deadline=None)
def test_any_json_value_gives_one_result(value: object) -> None:
    parsed = PARSER.parse(value)

    assert isinstance(parsed, IncomingEvent | Invalid | Refused)
    if isinstance(parsed, IncomingEvent):
        orjson.dumps(parsed.data)
        parsed.rendering.encode()
        assert "\n" not in parsed.rendering
        assert "\0" not in parsed.rendering


@given(st.binary(max_size=200) | JSON.map(lambda value: repr(value).encode("utf-8", "replace")))
@settings(max_examples=scaled(300, 30_000), deadline=None)
def test_any_bytes_give_one_result(text: bytes) -> None:
    assert isinstance(PARSER.parse_json(text), IncomingEvent | Invalid | Refused)
    assert isinstance(DECISIONS.parse_json(text), SubjectDecision | Invalid)


@given(
    JSON
    | st.fixed_dictionaries(
        {
            "subject": WORDS,
            "purpose": WORDS | st.just("learn_why"),
            "decision": st.sampled_from(["given", "refused", "maybe"]),
            "at": st.sampled_from(["2026-01-01T00:00:00Z", "now"]),
        },
        optional={"categories": JSON, "version": JSON, "evidence": JSON, "text_sha256": WORDS},
    )
)
@settings(max_examples=scaled(200, 20_000), deadline=None)
def test_any_decision_gives_one_result(value: object) -> None:
    assert isinstance(DECISIONS.parse(value), SubjectDecision | Invalid)
