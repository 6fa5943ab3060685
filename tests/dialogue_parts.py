"""What tests of the dialogue share: a question asked of a few events, without any database."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tests.history_parts import START

from assistant.core.events import HistoryEvent
from assistant.core.ids import EventId, PassageId
from assistant.dialogue.record_choice import NOTHING_SAID, Choice, SaidBefore, choose_records
from assistant.dialogue.record_sentences import tell
from assistant.dialogue.record_wording import Statement, Telling
from assistant.dialogue.small_talk import match_form
from assistant.dialogue.understanding import Understanding, understand
from assistant.retrieval.history_ranking import HistoryQuestion, HistoryRanking, rank_history
from assistant.retrieval.history_view import view_of
from assistant.retrieval.passages import Passage
from assistant.retrieval.record_types import Case, Moment, Order, Record, Subscription

NOW = START + timedelta(days=30)
EVERYTHING = frozenset(
    {
        "orders", "returns", "support_cases", "calls", "store_visits", "browsing", "satisfaction",
        "device_usage",
    }
)  # fmt: skip


def asked(text: str) -> Understanding:
    """What is understood of ``text``."""
    return understand(text, match_form(text))


def ranking_of(events: Sequence[HistoryEvent], text: str, *, now: datetime = NOW) -> HistoryRanking:
    """The events ranked for ``text``, by words and structure."""
    view = view_of(EVERYTHING, None, events, "none")
    return rank_history(view, HistoryQuestion(text, now))


def choose(
    events: Sequence[HistoryEvent],
    text: str,
    *,
    before: SaidBefore = NOTHING_SAID,
    now: datetime = NOW,
) -> Choice:
    """The records of ``events`` that ``text`` is about."""
    return choose_records(ranking_of(events, text, now=now), asked(text), text, before)


def said(choice: Choice, text: str = "") -> SaidBefore:
    """What stands after ``choice`` was told in reply to ``text``."""
    events = (event.event_id for meant in choice.hits for event in meant.record.events)
    return SaidBefore(frozenset(EventId(event) for event in events), text)


def names(choice: Choice) -> list[str]:
    """The chosen records, each by what a person would call it."""
    return [name_of(meant.record) for meant in choice.hits]


def name_of(record: Record) -> str:
    """A record's number, name or title; a return has ``return of`` before its order's number."""
    if isinstance(record, Order):
        return record.order_id
    if isinstance(record, Subscription):
        return record.name
    if isinstance(record, Case):
        return record.case_id
    if isinstance(record, Moment):
        return f"{record.kind} {record.title}"
    return f"return of {record.order_id}"


def told(choice: Choice, text: str, *, now: datetime = NOW) -> list[Statement]:
    """Every statement about the chosen records, in reply to ``text``."""
    return [
        statement
        for meant in choice.hits
        for statement in tell(
            meant.record, Telling(asked(text).aspects, meant.items, now, choice.naming)
        )
    ]


def passage(*sentences: str, number: int = 1, title: str = "Returns", heading: str = "") -> Passage:
    """A passage of these sentences, each on a line of its own."""
    spans, text = [], ""
    for sentence in sentences:
        text += "\n" if text else ""
        spans.append((len(text), len(text) + len(sentence)))
        text += sentence
    return Passage(
        passage_id=PassageId(f"returns#{number}"),
        document_id="returns",
        title=title,
        heading=heading,
        text=text,
        sentences=tuple(spans),
        ref="articles/returns.md",
    )


def values_in(events: Iterable[HistoryEvent]) -> str:
    """Everything that ``events`` say, for finding a value in it."""
    return "\n".join(f"{event.type} {event.data} {event.rendering}" for event in events)
