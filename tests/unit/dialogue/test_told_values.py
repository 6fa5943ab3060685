"""Whatever events there are and whatever is asked: what is told stands in what is cited."""

import re

from hypothesis import given
from hypothesis import strategies as st
from tests.dialogue_parts import NOW, ranking_of, values_in
from tests.history_parts import JUG, KETTLE, event
from tests.record_events import (
    ANSWERED,
    CANCELLED,
    DELIVERED,
    LABEL,
    OPENED,
    PARTLY,
    PAUSED,
    PLACED,
    RECEIVED,
    REFUNDED,
    REQUESTED,
    RESOLVED,
    SHIPPED,
    STARTED,
)

from assistant.core.events import HistoryEvent
from assistant.core.wording import day
from assistant.dialogue.record_aspects import RecordAspect
from assistant.dialogue.record_choice import _naming
from assistant.dialogue.record_sentences import tell, tell_line
from assistant.dialogue.record_wording import Statement, Telling, said_day
from assistant.retrieval.records import project_records

_ASPECTS: tuple[RecordAspect, ...] = (
    "reason", "refund", "returned", "warranty", "address", "price", "delivered", "arrival",
    "placed", "list", "contents", "status",
)  # fmt: skip
_EVERYTHING = [
    PLACED, SHIPPED, PARTLY, DELIVERED, CANCELLED, REQUESTED, LABEL, RECEIVED, REFUNDED, STARTED,
    PAUSED, OPENED, ANSWERED, RESOLVED,
    event("order.changed", day=1, order_id="W1", items=[{"item_id": "k1"}, {"item_id": "j1"}]),
    event("order.changed", day=1.6, order_id="W1", items=[KETTLE, JUG], id_="renamed"),
    event("order.delivered", day=3.6, order_id="W1", id_="without carrier"),
    event("order.placed", day=4, order_id="W2", items=[{"item_id": "k1"}], status="packed"),
    event("warranty.registered", day=4, item_id="k1", until="2026-03-04"),
    event("call.completed", day=12, summary="asked about descaling"),
]  # fmt: skip


@given(
    events=st.lists(st.sampled_from(_EVERYTHING), min_size=1, unique_by=lambda e: e.event_id),
    aspects=st.lists(st.sampled_from(_ASPECTS), max_size=3, unique=True),
)
def test_what_is_told_stands_in_what_is_cited(
    events: list[HistoryEvent], aspects: list[RecordAspect]
) -> None:
    """Any events in any order: names, numbers, amounts and days all come from cited events."""
    naming = _naming(ranking_of(events, "my things"))
    for record in project_records(events).all():
        for items in ((), *((item,) for item in getattr(record, "items", ()))):
            telling = Telling(tuple(aspects), items, NOW, naming)
            for statement in (*tell(record, telling), tell_line(record, telling)):
                _assert_carried(statement)


def _assert_carried(statement: Statement) -> None:
    assert statement.events, statement.text
    values = values_in(statement.events)
    days = {day(each.time, NOW) for each in statement.events}
    days |= {said_day(found, NOW).removeprefix("on ") for found in _dates(values)}
    for said in re.findall(r"\d{1,2} (?:March|April)(?: \d{4})?", statement.text):
        assert said in days, statement.text
    for name in ("Alder kettle", "Pebble jug", "Green box", "Chipped jug", "Heron Post", "Mill"):
        assert name not in statement.text or name in values, statement.text
    for amount in re.findall(r"\d+\.\d\d", statement.text):
        assert amount.rstrip("0").rstrip(".") in values, statement.text
    for quote in re.findall(r"“([^”]+)”", statement.text):
        assert quote in values, statement.text


def _dates(values: str) -> list[str]:
    return re.findall(r"\d{4}-\d\d-\d\d|\d{1,2} March 2024", values)
