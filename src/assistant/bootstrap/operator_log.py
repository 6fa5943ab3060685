"""What the operator reads of a customer by a command, written into that customer's access log."""

import getpass
import os
from datetime import datetime

from assistant.bootstrap.stores import Stores
from assistant.core.actor import CustomerActor, Role
from assistant.dialogue.turns import Reply
from assistant.store.access_log import Access


def operator() -> str:
    """Return who runs the command, as access logs name them."""
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"operator:{os.getuid()}"


def note_asking(stores: Stores, actor: CustomerActor, reply: Reply, *, at: datetime) -> Reply:
    """Note that an operator is shown a reply to a question in a customer's name, and return it.

    A visitor that the command itself made up is nobody's.
    """
    if actor.role is Role.CUSTOMER:
        entry = Access(
            role=Role.OPERATOR,
            purpose="maintenance",
            categories=frozenset({"chat", *(item.category for item in reply.used)}),
            items=1 + len(reply.used),
            item_ids=tuple(item.id for item in reply.used),
            at=at,
            actor=operator(),
            reading="ask",
        )
        stores.database.write_now(
            lambda c: stores.access_log.add_access(c, actor.customer_id, entry)
        )
    return reply
