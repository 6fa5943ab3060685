"""The consent ledger, the gate and intake, wired to a test's database as bootstrap wires them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from assistant.channels.cloudevents import EventParser
from assistant.channels.consents_file import ConsentImport
from assistant.channels.decisions import DecisionIntake, DecisionParser
from assistant.channels.demo_loader import DemoLoader
from assistant.channels.import_file import EventImport
from assistant.channels.intake import Intake, ItemResult
from assistant.core.actor import Role
from assistant.core.ids import CustomerId
from assistant.profile.consent.gate import ConsentGate
from assistant.profile.consent.grants import Grant, Refusal
from assistant.profile.consent.ledger import ConsentDecision, ConsentLedger
from assistant.profile.consent.state import ConsentState
from assistant.profile.pack.loading import Pack, load_pack
from assistant.store.consents import ConsentRepository, Decision
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.store.events import EventRepository
from assistant.store.intake_state import IntakeStateRepository
from assistant.vault.vault import Vault

MARKET = Path(__file__).parents[1] / "knowledge" / "market"


@dataclass
class Parts:
    """Everything of profile and channels over one database."""

    database: Database
    vault: Vault
    clock: Callable[[], datetime]
    pack: Pack

    @classmethod
    def of(cls, database: Database, vault: Vault, clock: Callable[[], datetime]) -> "Parts":
        return cls(database, vault, clock, load_pack(MARKET))

    @cached_property
    def customers(self) -> CustomerRepository:
        return CustomerRepository(vault=self.vault)

    @cached_property
    def consents(self) -> ConsentRepository:
        return ConsentRepository(vault=self.vault)

    @cached_property
    def events(self) -> EventRepository:
        return EventRepository(vault=self.vault)

    @cached_property
    def counts(self) -> IntakeStateRepository:
        return IntakeStateRepository()

    @cached_property
    def ledger(self) -> ConsentLedger:
        return ConsentLedger(pack=self.pack, consents=self.consents, customers=self.customers)

    @cached_property
    def gate(self) -> ConsentGate:
        return ConsentGate(
            pack=self.pack, ledger=self.ledger, customers=self.customers, region="EU"
        )

    @cached_property
    def parser(self) -> EventParser:
        return EventParser(event_types=self.pack.event_types, clock=self.clock)

    @cached_property
    def intake(self) -> Intake:
        return Intake(
            categories=self.pack.categories,
            ledger=self.ledger,
            customers=self.customers,
            events=self.events,
            counts=self.counts,
            clock=self.clock,
        )

    @cached_property
    def decision_intake(self) -> DecisionIntake:
        return DecisionIntake(
            ledger=self.ledger, consents=self.consents, customers=self.customers, clock=self.clock
        )

    @property
    def event_import(self) -> EventImport:
        return EventImport(
            database=self.database,
            intake=self.intake,
            parser=self.parser,
            progress=self.counts,
            clock=self.clock,
        )

    @property
    def consent_import(self) -> ConsentImport:
        return ConsentImport(
            database=self.database,
            intake=self.decision_intake,
            parser=DecisionParser(clock=self.clock),
        )

    @property
    def demo_loader(self) -> DemoLoader:
        return DemoLoader(
            database=self.database,
            decisions=self.decision_intake,
            intake=self.intake,
            customers=self.customers,
        )

    def customer(self, subject: str = "amara.example") -> CustomerId:
        """The customer of a subject, made when new."""
        return self.database.write_now(
            lambda c: self.customers.get_or_create_customer(c, subject, at=self.clock())
        ).customer_id

    def decide(
        self,
        customer_id: str,
        purpose: str,
        decision: Decision = "given",
        categories: set[str] | None = None,
        *,
        beside_gpc: bool = False,
    ) -> ConsentState:
        """Decide as a customer who was just shown the current text."""
        shown = self.pack.disclose(purpose)
        made = ConsentDecision(
            customer_id=customer_id,
            purpose=purpose,
            decision=decision,
            channel="api",
            at=self.clock(),
            version=shown.version,
            text_sha256=shown.text_sha256,
            categories=frozenset(categories) if categories is not None else None,
            beside_gpc=beside_gpc,
        )
        return self.database.write_now(lambda c: self.ledger.decide(c, made))

    def state(self, customer_id: str) -> ConsentState:
        """Where a customer stands."""
        return self.database.read_now(lambda c: self.ledger.state(c, customer_id))

    def authorize(self, customer_id: CustomerId, purpose: str, *categories: str) -> Grant | Refusal:
        """Ask the gate as the assistant."""
        return self.database.read_now(
            lambda c: self.gate.authorize(
                c,
                customer_id=customer_id,
                purpose=purpose,
                categories=categories,
                role=Role.ASSISTANT,
            )
        )

    def still_holds(self, grant: Grant) -> bool:
        """Ask the gate again about a grant."""
        return self.database.write_now(lambda c: self.gate.still_holds(c, grant))

    def send(self, *documents: object) -> list[ItemResult]:
        """Hand documents over as a business system would."""
        parsed = [self.parser.parse(document) for document in documents]
        return self.database.write_now(lambda c: self.intake.store_batch(c, parsed))

    def renderings(self, customer_id: str) -> list[str]:
        """Everything stored of a customer, in plain words."""
        events = self.database.read_now(
            lambda c: self.events.list_events(
                c, customer_id, categories=sorted(self.pack.categories.ids)
            )
        )
        return [event.rendering for event in events]
