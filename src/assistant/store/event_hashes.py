"""The hash by which a repeated event is told from one that changed.

What an event says can be guessed ("a kettle, delivered"), so the hash is under the data key that
the event is sealed under and dies with it; sealing the event anew makes its hash anew.
"""

from dataclasses import dataclass

import orjson

from assistant.core.events import JsonObject
from assistant.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class EventContent:
    """What makes two events with the same source and id the same; ``time`` in milliseconds."""

    type: str
    time: int
    data: JsonObject


def content_hash_of(vault: Vault, customer_id: str, content: EventContent, *, number: int) -> bytes:
    """Return the hash of ``content`` under the customer's data key ``number``.

    Raises:
        KeyUnavailable: that data key is gone.
    """
    canonical = orjson.dumps(
        [content.type, content.time, content.data], option=orjson.OPT_SORT_KEYS
    )
    return vault.sealed_hash(customer_id, "event content", canonical, number)
