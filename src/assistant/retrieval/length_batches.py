"""Texts put into batches of like length, so that an encoder pads little.

An encoder pads each batch to its longest text and pays for the padding; thirty-one questions beside
one long paragraph would cost as much as thirty-two paragraphs.
"""

from collections.abc import Iterator, Sequence

BATCH_TEXTS = 32
BATCH_CHARACTERS = 6_000
"""About 1,400 tokens, a fifth of a second on one core: the longest a waiting customer is held up
by a batch of an index that is being built."""


def batches_by_length(
    texts: Sequence[str],
    *,
    texts_limit: int = BATCH_TEXTS,
    characters_limit: int = BATCH_CHARACTERS,
) -> Iterator[list[int]]:
    """Yield the positions of ``texts``, shortest first, in batches whose padded size is bounded.

    The padded size of a batch is its longest text times its number of texts. A text that exceeds
    ``characters_limit`` alone is a batch of its own.
    """
    batch: list[int] = []
    for position in sorted(range(len(texts)), key=lambda position: len(texts[position])):
        padded = len(texts[position]) * (len(batch) + 1)
        if batch and (len(batch) >= texts_limit or padded > characters_limit):
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch
