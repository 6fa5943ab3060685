"""What telling any record needs: the statement, what it is told for, and how things are called."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assistant.core.events import HistoryEvent
from assistant.core.wording import day, listing
from assistant.dialogue.record_aspects import RecordAspect
from assistant.retrieval.event_fields import items_field
from assistant.retrieval.record_types import OrderItem

_DATE_FORMS = ("%d %B %Y", "%B %d, %Y", "%d.%m.%Y")
_QUOTED = 300
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence about a record and the events that say so."""

    text: str
    events: tuple[HistoryEvent, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """What a record is told for: what is asked of it, which of its items are meant, and when.

    ``naming`` are the events that say what an item is called, by item id: a return often carries
    the id alone.
    """

    aspects: tuple[RecordAspect, ...]
    items: tuple[OrderItem, ...]
    now: datetime
    naming: Mapping[str, HistoryEvent] = field(default_factory=dict)

    def say(
        self, text: str, *events: HistoryEvent | None, items: Sequence[OrderItem] = ()
    ) -> Statement:
        """Return the sentence with its events, and with those that name ``items``."""
        told = [event for event in events if event]
        named = {item.item_id for event in told for item in items_field(event) if item.name}
        names = [self.naming.get(i.item_id) for i in items if i.name and i.item_id not in named]
        return Statement(text, distinct(*told, *names))


def distinct(*events: HistoryEvent | None) -> tuple[HistoryEvent, ...]:
    """Return the events there are, each once."""
    return tuple({event.event_id: event for event in events if event}.values())


def things(items: Sequence[OrderItem], *, most: int = 4) -> str:
    """Return ``the kettle and the jug``; what exceeds ``most`` is counted."""
    names = Counter(f"the {item.name}" if item.name else f"item {item.item_id}" for item in items)
    return listing([_counted(name, times) for name, times in names.items()], most=most)


def _counted(name: str, times: int) -> str:
    return name if times == 1 else f"{times} {TIMES} {name.removeprefix('the ')}"


def said_day(text: str, now: datetime) -> str:
    """Return a date that a record gives in words as ``on 3 November``; other words as they are."""
    moment = _moment(text.strip())
    return f"on {day(moment, now)}" if moment else text


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        pass
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - only its day is said
        except ValueError:
            continue
    return None


def quoted(text: str) -> str:
    """Return what somebody wrote, in quotation marks and not too long."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= _QUOTED else line[: _QUOTED - 1].rstrip() + '…'}”"
