"""Whether a record belongs to the time that a question names.

"What did I order in May" asks when orders were placed, not when they came; "will it come tomorrow"
asks for no past at all.
"""

import re

from assistant.dialogue.understanding import Understanding
from assistant.retrieval.history_ranking import HistoryRanking, RecordHit
from assistant.retrieval.record_types import Order

_BOUGHT = re.compile(
    r"\b(order|ordered|buy|bought|purchased?|spen[dt])\b(?=.*\b(i|we)\b)"
    r"|\b(i|we)\b.*\b(order|ordered|buy|bought|purchased?|spen[dt])\b|\borders\b",
    re.I,
)
_CAME = re.compile(r"\b(delivered|arrived|came)\b|\bdid\b.*\b(come|arrive)\b", re.I)


def is_to_come(ranking: HistoryRanking, asked: Understanding) -> bool:
    """Whether the time that is named is one to come, of which no record can tell."""
    return "arrival" in asked.aspects and not any(hit.in_time for hit in ranking.records)


def in_time(hit: RecordHit, ranking: HistoryRanking, asked: Understanding, text: str) -> bool:
    """Whether what is asked of the record happened in a time that the question names."""
    record = hit.record
    if not isinstance(record, Order):
        return hit.in_time
    moments = [event.time for event in record.events]
    if _BOUGHT.search(text) and record.placed and asked.own:
        moments = [record.placed]
    elif _CAME.search(text) and record.delivered:
        moments = [record.delivered]
    return any(interval.contains(moment) for interval in ranking.intervals for moment in moments)
