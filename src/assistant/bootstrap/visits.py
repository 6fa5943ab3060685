"""Joins what lets a visit join a customer's account."""

from assistant.bootstrap.assembly import Assistant
from assistant.core.message_bus import MessageBus, Topic
from assistant.dialogue.joined_replies import rewrite_reply
from assistant.profile.visitor_merge import VisitorMerge
from assistant.store.visit_transfer import VisitTransfer
from assistant.web.visit_joining import StoreVisitJoining


def visitor_merge(assistant: Assistant) -> VisitorMerge:
    """Return the use case over the assistant's stores."""
    stores = assistant.stores
    return VisitorMerge(
        customers=stores.customers,
        consents=stores.consents,
        transfer=VisitTransfer(vault=stores.vault, rewrite_reply=rewrite_reply),
        erasures=assistant.erasing.erasures,
        access_log=stores.access_log,
    )


def join_visits(assistant: Assistant, bus: MessageBus) -> StoreVisitJoining:
    """Return it for the web; the visit's erasure is woken at once."""
    return StoreVisitJoining(
        database=assistant.stores.database,
        merge=visitor_merge(assistant),
        clock=assistant.clock,
        on_joined=lambda: bus.publish(Topic.ERASURE),
    )
