"""What may be seen of one customer's history, joined from their block and the rows since."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.core.events import HistoryEvent
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.history_ranking import HistoryView
from assistant.retrieval.opened_blocks import OpenedBlock
from assistant.retrieval.records import project_records
from assistant.retrieval.term_postings import LexicalItems, TermPostings
from assistant.retrieval.terms import terms


def view_of(
    categories: frozenset[str],
    opened: OpenedBlock | None,
    fresh: Sequence[HistoryEvent],
    embedder: str,
) -> HistoryView:
    """Join a block and newer rows, and leave out what is not of ``categories``.

    Vectors of another embedder than ``embedder`` count as absent.
    """
    each = (*(opened.block.categories if opened else ()), *(e.category for e in fresh))
    visible = np.array([category in categories for category in each], np.bool_)
    places = np.flatnonzero(visible)
    packed = len(opened.block) if opened else 0
    events = tuple(
        opened.block.event(place) if opened and place < packed else fresh[place - packed]
        for place in places.tolist()
    )
    usable = opened is not None and opened.block.embedder == embedder
    segments = (opened.block.postings,) if opened else ()
    unpacked = TermPostings.of([terms(event.rendering) for event in fresh])
    return HistoryView(
        events=events,
        vectors=_vectors(opened if usable else None, places, packed),
        has_vector=(places < packed) & usable,
        lexical=LexicalItems((*segments, unpacked), visible),
        places=places,
        records=project_records(events),
    )


def _vectors(opened: OpenedBlock | None, places: NDArray[np.int64], packed: int) -> Vectors:
    """Return a row for each place, zero for those that are not in the block."""
    if opened is None:
        return np.zeros((places.size, 0), np.float32)
    rows = np.zeros((places.size, opened.vectors.shape[1]), np.float32)
    inside = places[places < packed]
    rows[: inside.size] = opened.vectors[inside]
    return rows
