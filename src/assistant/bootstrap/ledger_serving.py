"""Joins the worker that lets old entries of the erasure ledger go."""

from assistant.bootstrap.assembly import Assistant
from assistant.workers.ledger_worker import PERIOD, LedgerWorker
from assistant.workers.supervised_loop import SupervisedLoop


def ledger_loop(assistant: Assistant) -> SupervisedLoop:
    """Return the loop beside the web layer that purges the ledger."""
    stores = assistant.stores
    worker = LedgerWorker(
        ledger=stores.ledger,
        database=stores.database,
        marks=stores.marks,
        clock=assistant.clock,
    )
    return SupervisedLoop(name="ledger", work=worker.work, period=PERIOD)
