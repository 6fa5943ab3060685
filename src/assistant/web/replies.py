"""A committed reply in the forms it leaves in: one JSON object, or deltas and then the object.

Plain dictionaries rather than models: this is on the path of every turn, and a test holds them to
``schemas.chat.ReplyBody``.
"""

from collections.abc import Iterator, Mapping

from assistant.core.clock import to_rfc3339
from assistant.dialogue.turns import Reply, StoredTurn, join_sentences

Frame = Mapping[str, object]


def reply_body(reply: Reply) -> dict[str, object]:
    """Return the reply as api.md describes it."""
    return {
        "turn_id": reply.turn_id,
        "conversation": reply.conversation,
        "seq": reply.seq,
        "text": reply.text,
        "sentences": [{"text": s.text, "citations": s.citations} for s in reply.sentences],
        "citations": [
            {"id": c.id, "kind": c.kind, "title": c.title, "ref": c.ref} for c in reply.citations
        ],
        "used": [{"id": u.id, "category": u.category, "purpose": u.purpose} for u in reply.used],
        "abstained": reply.abstained,
        "state": reply.state,
        "actions": [
            {
                "kind": a.kind,
                "label": a.label,
                "purpose": a.purpose,
                "categories": a.categories,
                "text": a.text,
                "ref": a.ref,
            }
            for a in reply.actions
        ],
        "withheld": reply.withheld,
        "card": reply.card,
    }


def reply_frame(reply: Reply) -> dict[str, object]:
    """Return the frame that ends a turn."""
    return {"type": "reply", **reply_body(reply)}


def delta_frames(reply: Reply) -> Iterator[dict[str, object]]:
    """Yield one frame a sentence; their texts in a row are exactly the reply's text."""
    length = 0
    for position, sentence in enumerate(reply.sentences):
        so_far = join_sentences(reply.sentences[: position + 1])
        yield {
            "type": "reply.delta",
            "turn_id": reply.turn_id,
            "index": position,
            "text": so_far[length:],
            "citations": sentence.citations,
        }
        length = len(so_far)


def stored_turn_body(turn: StoredTurn) -> dict[str, object]:
    """Return a turn as ``welcome.resume`` lists it; ``reply`` is null while it is being made."""
    return {
        "turn_id": turn.turn_id,
        "seq": turn.seq,
        "text": turn.text,
        "at": to_rfc3339(turn.at),
        "reply": None if turn.reply is None else reply_body(turn.reply),
    }
