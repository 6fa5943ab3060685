"""The measures, as information retrieval defines them; pure."""

import math
from collections.abc import Collection, Sequence

import numpy as np


def recall_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Return the share of ``relevant`` that is among the first ``k``."""
    return len(set(ranked[:k]) & set(relevant)) / len(set(relevant))


def hit_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Return 1 if any of ``relevant`` is among the first ``k``."""
    return float(bool(set(ranked[:k]) & set(relevant)))


def reciprocal_rank(
    ranked: Sequence[str], relevant: Collection[str], k: int | None = None
) -> float:
    """Return one over the place of the first relevant id, 0 if there is none (among ``k``)."""
    wanted = set(relevant)
    places = (place for place, id_ in enumerate(ranked[:k], start=1) if id_ in wanted)
    return 1 / next(places, math.inf)


def ndcg_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Return the normalised discounted cumulative gain with gains of 0 and 1."""
    wanted = set(relevant)
    gain = sum(1 / math.log2(i + 2) for i, id_ in enumerate(ranked[:k]) if id_ in wanted)
    best = sum(1 / math.log2(i + 2) for i in range(min(k, len(wanted))))
    return gain / best


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return how often a positive scores above a negative; ties count half."""
    if not positive or not negative:
        return math.nan
    below = np.sort(np.asarray(negative, np.float64))
    lower = np.searchsorted(below, positive, side="left")
    upper = np.searchsorted(below, positive, side="right")
    return float((lower + upper).sum() / 2 / (len(positive) * len(negative)))


def mean(values: Sequence[float]) -> float:
    """Return the mean, not a number if there is none."""
    return sum(values) / len(values) if values else math.nan
