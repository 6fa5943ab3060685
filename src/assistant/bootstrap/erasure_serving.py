"""What serving needs for erasures: requests, loops, who is known at the edge, what is late."""

from collections.abc import Collection, Sequence

from assistant.bootstrap.assembly import Assistant
from assistant.core.ids import CustomerId
from assistant.core.message_bus import MessageBus, Topic
from assistant.profile.erasure.states import is_overdue
from assistant.web.identity import StoreCustomers, StoreVisitors
from assistant.web.own_erasures import StoreErasures
from assistant.web.services import ReadinessFinding
from assistant.workers.erasure_worker import ErasureWatch, ErasureWorker
from assistant.workers.retention_worker import RetentionWorker
from assistant.workers.supervised_loop import SupervisedLoop

LOOK_S = 1.0
"""Seconds after which every process has noticed an erasure, also where wake-ups are lost."""

HOUR_S = 3600.0


def erasure_loops(assistant: Assistant, bus: MessageBus) -> Sequence[SupervisedLoop]:
    """Return the loops, and let what this process holds in memory be forgotten."""
    erasing, stores, clock = assistant.erasing, assistant.stores, assistant.clock
    erasing.notices.listen(lambda customers: _forget(assistant, customers))
    engine = erasing.engine(on_destroyed=lambda: bus.publish(Topic.ERASURE))
    watch = ErasureWatch(
        database=stores.database,
        erasures=erasing.parts.erasures,
        notices=erasing.notices,
        clock=clock,
    )
    retention = RetentionWorker(
        database=stores.database,
        retention=erasing.retention(assistant.pack, assistant.why_questions),
        clock=clock,
        on_requested=lambda: bus.publish(Topic.ERASURE),
    )
    return (
        SupervisedLoop(name="erasure watch", work=watch.work, topic=Topic.ERASURE, period=LOOK_S),
        SupervisedLoop(
            name="erasure",
            work=ErasureWorker(run_once=engine.run_once).work,
            topic=Topic.ERASURE,
            period=LOOK_S,
        ),
        SupervisedLoop(name="retention", work=retention.work, period=HOUR_S),
    )


def known_customers(assistant: Assistant) -> StoreCustomers:
    """Return the company's customers at the edge, who are forgotten when they are erased."""
    stores = assistant.stores
    customers = StoreCustomers(
        database=stores.database,
        customers=stores.customers,
        vault=stores.vault,
        clock=assistant.clock,
    )
    assistant.erasing.notices.listen(customers.forget_erased)
    return customers


def known_visitors(assistant: Assistant) -> StoreVisitors:
    """Return the visitors at the edge, who are forgotten when they are erased."""
    stores = assistant.stores
    visitors = StoreVisitors(
        database=stores.database,
        customers=stores.customers,
        visitors=stores.visitors,
        clock=assistant.clock,
    )
    assistant.erasing.notices.listen(visitors.forget_erased)
    return visitors


def own_erasures(assistant: Assistant, bus: MessageBus) -> StoreErasures:
    """Return what customers ask for erasures with.

    Before a request is answered this process has forgotten the customer, so that the next request
    with an old token is refused; then whoever carries it out is woken, and the other processes.
    """
    erasing = assistant.erasing

    def forget(customer_id: CustomerId) -> None:
        erasing.notices.tell([customer_id])
        bus.publish(Topic.ERASURE)

    return StoreErasures(
        database=assistant.stores.database,
        erasures=erasing.erasures,
        receipts=erasing.receipts(assistant.signer),
        key_backups=erasing.key_backups,
        clock=assistant.clock,
        on_requested=forget,
    )


async def erasure_finding(assistant: Assistant) -> ReadinessFinding:
    """Say whether an erasure is later than was promised; customers are served all the same."""
    erasing, now = assistant.erasing, assistant.clock()
    found = await assistant.stores.database.read(erasing.parts.erasures.list_open)
    late = [one for one in found if is_overdue(one, now=now, key_backups=erasing.key_backups)]
    if late:
        return ReadinessFinding("erasures", "degraded", f"{len(late)} erasures are overdue")
    return ReadinessFinding("erasures", "ok")


def _forget(assistant: Assistant, customers: Collection[CustomerId]) -> None:
    """Drop keys, opened histories and cached vectors; the latter do not tell whose they are."""
    for customer_id in customers:
        assistant.stores.vault.forget(customer_id)
        assistant.history_reader.forget(customer_id)
    assistant.encoding.forget()
