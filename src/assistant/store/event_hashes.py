"""Keyed hashes of events: which are the same, which changed, and which were erased once.

What an event says can be guessed ("a kettle, delivered"), so the hash is under the data key that
the event is sealed under and dies with it; sealing the event anew makes its hash anew.
"""

from dataclasses import dataclass
from typing import Final

import orjson

from assistant.core.events import JsonObject
from assistant.vault.vault import Vault

_ERASED: Final = "erased-events"


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


def erased_hash_of(vault: Vault, external_hash: bytes, source: str, event_id: str) -> bytes:
    """Return the hash by which an erased event is known again in whatever database.

    It is under a key of the service and over the company's own id of the customer (hashed), so the
    erasure ledger can hold it and a customer who was made anew has the same.
    """
    name = orjson.dumps([external_hash.hex(), source, event_id])
    return vault.service_hash(_ERASED, name)
