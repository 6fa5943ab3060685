from datetime import timedelta

import numpy as np
import pytest
from tests.fakes.embedder import HashingEmbedder
from tests.history_parts import JUG, KETTLE, START, event, story

from assistant.core.events import HistoryEvent
from assistant.retrieval.history_block import pack_history, unpack_history
from assistant.retrieval.history_ranking import (
    HistoryQuestion,
    HistoryRanking,
    HistoryView,
    rank_history,
)
from assistant.retrieval.history_view import view_of
from assistant.retrieval.opened_blocks import OpenedBlock
from assistant.retrieval.record_types import Order
from assistant.retrieval.terms import terms

NOW = START + timedelta(days=30)
EVERYTHING = frozenset(("orders", "support_cases", "browsing", "calls"))
EMBEDDER = HashingEmbedder()


def _packed(events: list[HistoryEvent]) -> OpenedBlock:
    texts = [each.rendering for each in events]
    packed = pack_history(
        events,
        EMBEDDER.encode(texts),
        [terms(text) for text in texts],
        embedder=EMBEDDER.identity,
    )
    block = unpack_history(packed)
    return OpenedBlock(1, "", block, block.vectors())


def _view(events: list[HistoryEvent], fresh: list[HistoryEvent] | None = None) -> HistoryView:
    return view_of(EVERYTHING, _packed(events), fresh or [], EMBEDDER.identity)


def _ask(view: HistoryView, text: str) -> HistoryRanking:
    return rank_history(view, HistoryQuestion(text, NOW, EMBEDDER.encode([text])[0]))


def _first_order(view: HistoryView, text: str) -> str:
    orders = [hit.record for hit in _ask(view, text).records if isinstance(hit.record, Order)]
    return orders[0].order_id


def _orders() -> list[HistoryEvent]:
    red = {"item_id": "k2", "name": "Alder kettle", "options": {"colour": "red"}}
    return [
        event("order.placed", day=0, order_id="W1", items=[KETTLE]),
        event("order.delivered", day=2, order_id="W1"),
        event("order.placed", day=20, order_id="W2", items=[red]),
        event("order.placed", day=25, order_id="W3", items=[JUG]),
    ]


@pytest.mark.parametrize(
    ("text", "order_id"),
    [
        ("Where is order W1?", "W1"),
        ("where is my jug", "W3"),
        ("when does the red kettle come?", "W2"),
        ("I want to return the kettle", "W1"),
        ("please cancel the kettle", "W2"),
        ("what did I order on 21 March", "W2"),
        ("the kettle that was delivered", "W1"),
        ("what was in my last order?", "W3"),
        ("what was in my first order?", "W1"),
    ],
)
def test_order_that_is_meant_comes_first(text: str, order_id: str) -> None:
    assert _first_order(_view(_orders()), text) == order_id


def test_nothing_to_tell_orders_apart_gives_the_latest() -> None:
    assert _first_order(_view(_orders()), "my order please") == "W3"


def test_hits_say_why_they_were_chosen() -> None:
    ranking = _ask(_view(_orders()), "is W2 the red Alder kettle from 21 March?")

    best = ranking.records[0]

    assert best.numbered
    assert best.in_time
    assert best.items[0].item.item_id == "k2"
    assert best.item_score == 2.0
    assert [interval.phrase for interval in ranking.intervals] == ["21 March"]


def test_events_are_found_by_their_words() -> None:
    ranking = _ask(_view(story()), "the call about descaling")

    assert ranking.events[0].event.type == "call.completed"


def test_events_in_the_time_asked_for_gain() -> None:
    ranking = _ask(_view(story()), "what happened on 13 March?")

    assert ranking.events[0].event.type == "call.completed"
    assert ranking.events[0].in_time


def test_rows_that_are_not_indexed_yet_are_found_as_well() -> None:
    fresh = [event("order.placed", day=26, order_id="W4", items=[{"item_id": "x", "name": "Lamp"}])]

    ranking = _ask(_view(_orders(), fresh), "where is my lamp?")

    assert isinstance(ranking.records[0].record, Order)
    assert ranking.records[0].record.order_id == "W4"
    assert ranking.events[0].event is fresh[0]


def test_vectors_of_another_model_are_not_compared() -> None:
    view = view_of(EVERYTHING, _packed(story()), [], "another model")

    assert not view.has_vector.any()
    assert _ask(view, "the call about descaling").events[0].event.type == "call.completed"


def test_categories_that_are_not_granted_do_not_exist() -> None:
    view = view_of(frozenset(("orders",)), _packed(story()), story()[-2:], EMBEDDER.identity)

    assert {each.category for each in view.events} == {"orders"}
    assert view.records.cases == ()
    assert view.records.moments[0].kind == "warranty"
    ranking = _ask(view, "the call about descaling, the toaster page")
    assert {hit.event.category for hit in ranking.events} == {"orders"}


def test_empty_history_ranks_nothing() -> None:
    view = view_of(EVERYTHING, None, [], EMBEDDER.identity)

    ranking = _ask(view, "where is my order?")

    assert (ranking.events, ranking.records, ranking.items()) == ((), (), ())


def test_question_without_a_vector_is_answered_by_words_and_structure() -> None:
    ranking = rank_history(_view(_orders()), HistoryQuestion("the red kettle", NOW))

    assert isinstance(ranking.records[0].record, Order)
    assert ranking.records[0].record.order_id == "W2"


def test_view_keeps_the_cosines_of_the_question() -> None:
    view = _view(story())
    text = story()[0].rendering

    ranking = _ask(view, text)

    same = next(hit for hit in ranking.events if hit.event == story()[0])
    assert np.isclose(same.vector_score, 1.0, atol=1e-3)
