"""Identifiers made by the application, never by a database.

Every internal id is a UUIDv7: sortable by time of birth, unguessable, meaningless outside. Ids that
other systems gave (a token's ``sub``, an event's ``source`` and ``id``, a client's ``turn_id``) are
not ids in this sense: they may carry personal text and are kept only sealed or as keyed hashes.
"""

from typing import NewType

import uuid_utils

CustomerId = NewType("CustomerId", str)
"""Random internal id of one customer or visitor."""

ConversationId = NewType("ConversationId", str)
TurnKey = NewType("TurnKey", str)
"""Internal id of one turn; the client's own ``turn_id`` is sealed with the utterance."""

EventId = NewType("EventId", str)
"""Internal id of one stored event (one item of a customer's history)."""

PassageId = NewType("PassageId", str)
"""``<document id>#<number>`` of a passage of product knowledge; public."""


def new_id() -> str:
    """Return a new UUIDv7 in its 36-character text form."""
    return str(uuid_utils.uuid7())
