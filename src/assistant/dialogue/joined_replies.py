"""A visitor's replies as those of the account that the visit joins."""

from dataclasses import replace

from assistant.core.ids import ConversationId
from assistant.dialogue.reply_codec import decode_reply, encode_reply


def rewrite_reply(content: bytes, conversation: str, turn_id: str) -> bytes:
    """Return the stored reply with the names that its turn has now."""
    reply = decode_reply(content)
    renamed = replace(reply, conversation=ConversationId(conversation), turn_id=turn_id)
    return encode_reply(renamed)
