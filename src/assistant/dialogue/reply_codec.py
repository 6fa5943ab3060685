"""Replies as bytes, for sealing: compact JSON with a version in front."""

import orjson

from assistant.core.ids import ConversationId
from assistant.dialogue.turns import Action, Citation, PendingRequest, Reply, Sentence, UsedItem

_VERSION = 1


def encode_reply(reply: Reply) -> bytes:
    """Return the reply as bytes that ``decode_reply`` turns back into an equal reply."""
    return orjson.dumps({"v": _VERSION, "reply": reply})


def decode_reply(content: bytes) -> Reply:
    """Return the reply that ``encode_reply`` made the bytes of."""
    fields = orjson.loads(content)["reply"]
    pending = fields.get("pending")
    return Reply(
        turn_id=fields["turn_id"],
        conversation=ConversationId(fields["conversation"]),
        sentences=tuple(Sentence(s["text"], tuple(s["citations"])) for s in fields["sentences"]),
        state=fields["state"],
        citations=tuple(Citation(**c) for c in fields["citations"]),
        used=tuple(UsedItem(**u) for u in fields["used"]),
        actions=tuple(
            Action(**{**a, "categories": tuple(a["categories"])}) for a in fields["actions"]
        ),
        withheld=tuple(fields["withheld"]),
        seq=fields["seq"],
        pending=PendingRequest(**pending) if pending else None,
        card=fields.get("card"),
    )
