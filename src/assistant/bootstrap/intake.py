"""Joins the parts that take over events and decisions."""

from dataclasses import dataclass
from typing import Self

from assistant.bootstrap.stores import Stores
from assistant.channels.cloudevents import EventParser
from assistant.channels.consents_file import ConsentImport
from assistant.channels.decisions import DecisionIntake, DecisionParser
from assistant.channels.demo_loader import DemoLoader
from assistant.channels.import_file import EventImport
from assistant.channels.intake import Intake
from assistant.core.clock import Clock
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.pack.loading import Pack


@dataclass(frozen=True, slots=True)
class IntakeParts:
    """Everything that writes histories and decisions from outside."""

    parser: EventParser
    intake: Intake
    event_import: EventImport
    consent_import: ConsentImport
    demo_loader: DemoLoader

    @classmethod
    def over(cls, stores: Stores, *, pack: Pack, ledger: ConsentLedger, clock: Clock) -> Self:
        """Join the parts over opened stores."""
        database = stores.database
        parser = EventParser(event_types=pack.event_types, clock=clock)
        intake = _event_intake(stores, pack, ledger, clock)
        decisions = DecisionIntake(
            ledger=ledger, consents=stores.consents, customers=stores.customers, clock=clock
        )
        return cls(
            parser=parser,
            intake=intake,
            event_import=EventImport(
                database=database,
                intake=intake,
                parser=parser,
                progress=stores.intake_state,
                clock=clock,
            ),
            consent_import=ConsentImport(
                database=database, intake=decisions, parser=DecisionParser(clock=clock)
            ),
            demo_loader=DemoLoader(
                database=database, decisions=decisions, intake=intake, customers=stores.customers
            ),
        )


def _event_intake(stores: Stores, pack: Pack, ledger: ConsentLedger, clock: Clock) -> Intake:
    return Intake(
        categories=pack.categories,
        ledger=ledger,
        customers=stores.customers,
        events=stores.events,
        counts=stores.intake_state,
        clock=clock,
    )
