"""A reply names exactly the items that it was made of: no more and no fewer, whatever is asked.

Histories and questions are generated; the reply is composed as in a turn, without a database.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialogue_parts import EVERYTHING, NOW, asked, values_in
from tests.history_parts import JUG, KETTLE, event
from tests.proving import scaled
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

from assistant.core.events import HistoryEvent, JsonValue
from assistant.core.wording import day
from assistant.dialogue.answering import Draft, Withheld, compose
from assistant.dialogue.evidence import Question, find_in_history
from assistant.dialogue.phrases import load_phrases
from assistant.dialogue.policy import TurnState, decide
from assistant.dialogue.record_wording import said_day
from assistant.dialogue.turns import join_sentences
from assistant.retrieval.history_view import view_of

PHRASES = load_phrases(
    "en", {"assistant": "Robin", "shop": "Shop", "hours": "always", "contact": "h@s.example"}
)
EVENTS = [
    PLACED, SHIPPED, PARTLY, DELIVERED, CANCELLED, REQUESTED, LABEL, RECEIVED, REFUNDED, STARTED,
    PAUSED, OPENED, ANSWERED, RESOLVED,
    event("order.placed", day=4, order_id="W2", items=[KETTLE]),
    event("order.placed", day=9, order_id="W3", items=[JUG], total=12.5),
    event("order.delivered", day=11, order_id="W3"),
    event("return.requested", day=12, order_id="W3", item_ids=["j1"], reason="too small"),
    event("warranty.registered", day=4, item_id="k1", until="2026-03-04"),
    event("call.completed", day=12, category="calls", summary="asked about descaling"),
    event("page.viewed", day=13, category="browsing", title="Ember toaster", url="/toaster"),
]  # fmt: skip
QUESTIONS = (
    "where is my order?", "where is my kettle?", "what did I order?", "when was W1 delivered?",
    "has my refund been paid?", "what did I return and why?", "how much was the kettle?",
    "is my kettle under warranty?", "what happened to my complaint?", "when did I call you?",
    "list my orders", "which orders did I place?", "what did I look at?", "is my box paused?",
    "can I still return my jug?", "where is my tent?",
)  # fmt: skip
HISTORIES = st.lists(st.sampled_from(EVENTS), min_size=1, unique_by=lambda e: e.event_id)


def answer(events: Sequence[HistoryEvent], text: str) -> Draft:
    """Compose a reply from the events alone, as a turn would."""
    view = view_of(EVERYTHING, None, events, "none")
    question = Question(text, np.zeros(0, np.float32), asked(text), NOW)
    choice = find_in_history(question, view)
    state = TurnState(
        asked=question.asked,
        access="open",
        records=len(choice.hits),
        clear=choice.clear,
        withheld=False,
        history_empty=not view.events,
        knowledge=0.0,
        threshold=0.5,
        beside=choice.beside is not None,
        none_in_time=bool(choice.not_in),
    )
    return compose(decide(state), question, None, choice, Withheld("answer_from_history"), PHRASES)


def leaves(value: JsonValue) -> Iterator[str]:
    """Yield the plain values in an event's data."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def contributes(used: HistoryEvent, text: str) -> bool:
    """Whether something of the event stands in the text: a value of its own, or a day."""
    values = [value for value in leaves(dict(used.data)) if len(value) > 1]
    if day(used.time, NOW) in text or used.rendering.rstrip(".") in text:
        return True
    values += [
        said_day(value, NOW).removeprefix("on ")
        for value in values
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value)
    ]
    return any(value.lower() in text.lower() for value in values)


@pytest.mark.proof("Used items are the items that a reply was made of", small=100, full=10_000)
@settings(max_examples=scaled(100, 10_000), deadline=None)
@given(events=HISTORIES, text=st.sampled_from(QUESTIONS))
def test_used_are_exactly_the_records_that_are_cited(events: list[HistoryEvent], text: str) -> None:
    draft = answer(events, text)

    used = {item.id for item in draft.used}
    cited = {citation.id for citation in draft.citations if citation.kind == "event"}
    carried = {one for sentence in draft.sentences for one in sentence.citations}
    assert used == cited == carried
    by_id = {str(each.event_id): each for each in events}
    assert used <= by_id.keys()
    assert [item.category for item in draft.used] == [by_id[i.id].category for i in draft.used]
    if draft.state == "abstained":
        assert used == set(), "nothing personal was used, and the reply says so"


@pytest.mark.proof("Every used item contributes to the text", small=100, full=10_000)
@settings(max_examples=scaled(100, 10_000), deadline=None)
@given(events=HISTORIES, text=st.sampled_from(QUESTIONS))
def test_no_item_is_named_that_says_nothing_in_the_reply(
    events: list[HistoryEvent], text: str
) -> None:
    draft = answer(events, text)

    by_id = {str(each.event_id): each for each in events}
    said = join_sentences(draft.sentences)
    idle = [item.id for item in draft.used if not contributes(by_id[item.id], said)]
    assert idle == [], said


@pytest.mark.proof("Nothing is told of an item that is not named", small=100, full=10_000)
@settings(max_examples=scaled(100, 10_000), deadline=None)
@given(events=HISTORIES, text=st.sampled_from(QUESTIONS))
def test_nothing_is_told_that_no_named_item_holds(events: list[HistoryEvent], text: str) -> None:
    draft = answer(events, text)

    by_id = {str(each.event_id): each for each in events}
    named = values_in(by_id[item.id] for item in draft.used).lower()
    told = " ".join((join_sentences(draft.sentences), *(action.label for action in draft.actions)))
    for name in ("Alder kettle", "Pebble jug", "Green box", "Chipped jug", "Heron Post",
                 "Ember toaster", "descaling", "too small", "Mill Lane"):  # fmt: skip
        assert name not in told or name.lower() in named, (name, told)
    for number in re.findall(r"\bW\d\b|\bC\d\b", told):
        assert number.lower() in named, (number, told)
    for amount in re.findall(r"\d+\.\d\d", told):
        assert amount.rstrip("0").rstrip(".") in named, told
