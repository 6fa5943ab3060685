"""Loads the demo's customers into a database, once."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

from assistant.channels.decisions import DecisionIntake
from assistant.channels.demo_history import DemoHistory
from assistant.channels.import_outcome import ImportOutcome, Tally
from assistant.channels.intake import Intake
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database

T = TypeVar("T")
CHUNK = 200


class DemoLoader:
    """Records the demo's decisions, then stores the events they permit; blocking."""

    def __init__(
        self,
        *,
        database: Database,
        decisions: DecisionIntake,
        intake: Intake,
        customers: CustomerRepository,
    ) -> None:
        self._database = database
        self._decisions = decisions
        self._intake = intake
        self._customers = customers

    def load(self, history: DemoHistory) -> ImportOutcome:
        """Load the customers who are not there yet and return what became of their events.

        A second start on the same data finds everybody and changes nothing, although the demo's
        times have moved on. Refusals are part of the show: some demo customers said no.
        """
        new = self._new_subjects(history)
        tally = Tally()
        for decisions in _chunks([d for d in history.decisions if d.subject in new]):
            self._database.write_now(partial(self._decisions.record_batch, decisions=decisions))
        for events in _chunks([e for e in history.events if e.subject in new]):
            results = self._database.write_now(partial(self._intake.store_batch, items=events))
            for number, result in enumerate(results, tally.lines + 1):
                tally.add(number, result)
        return tally.outcome()

    def _new_subjects(self, history: DemoHistory) -> frozenset[str]:
        def work(connection: Connection) -> frozenset[str]:
            return frozenset(
                customer.subject
                for customer in history.customers
                if self._customers.find_customer(connection, customer.subject) is None
            )

        return self._database.read_now(work)


def _chunks(entries: Sequence[T]) -> Iterator[list[T]]:
    waiting = iter(entries)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk
