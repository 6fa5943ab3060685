"""A service whose databases can be backed up, lost, put back and started again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from tests.erasure_home import Home

from assistant.bootstrap.backup import back_up_data, back_up_keys
from assistant.bootstrap.catching_up import CatchingUp
from assistant.bootstrap.restore import Restored, RestoreOptions, restore
from assistant.core.actor import Role
from assistant.core.clock import Clock, system_clock
from assistant.core.ids import CustomerId
from assistant.profile.consent.gate import ConsentGate
from assistant.profile.consent.grants import Grant, Refusal
from assistant.profile.consent.ledger import ConsentDecision, ConsentLedger
from assistant.settings import Settings
from assistant.store.backup_file import BackupReader, Manifest
from assistant.store.consents import Decision
from assistant.store.engine import Connection
from assistant.store.tables import METADATA

PURPOSE = "answer_from_history"


class Service(Home):
    """A home whose consent ledger tells the erasure ledger of each no, as bootstrap joins them."""

    ledger: ConsentLedger

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ledger = ConsentLedger(
            pack=self.pack,
            consents=self.stores.consents,
            customers=self.stores.customers,
            on_no=self.stores.recorder.record_no,
        )
        self.gate = ConsentGate(
            pack=self.pack,
            ledger=self.ledger,
            customers=self.stores.customers,
            region="EU",
        )
        self.catching_up = CatchingUp.over(
            self.stores, pack=self.pack, settings=self.settings, clock=self.clock
        )

    def decide(self, customer_id: str, decision: Decision, purpose: str = PURPOSE) -> None:
        """Decide about all categories of a purpose, as if its text had just been shown."""
        shown = self.pack.disclose(purpose)
        made = ConsentDecision(
            customer_id=customer_id,
            purpose=purpose,
            decision=decision,
            channel="api",
            at=self.clock(),
            version=shown.version,
            text_sha256=shown.text_sha256,
            evidence={"page": "the evidence of a decision"},
        )
        self.database.write_now(lambda c: self.ledger.decide(c, made))

    def authorize(
        self, customer_id: CustomerId, *categories: str, purpose: str = PURPOSE
    ) -> Grant | Refusal:
        """Ask the gate as the assistant."""
        return self.database.read_now(
            lambda c: self.gate.authorize(
                c,
                customer_id=customer_id,
                purpose=purpose,
                categories=categories or ("browsing",),
                role=Role.ASSISTANT,
            )
        )

    def find(self, subject: str) -> CustomerId | None:  # type: ignore[override]  # of a person
        """The internal id of a subject, None where nobody is known by it."""
        found = self.database.read_now(lambda c: self.stores.customers.find_customer(c, subject))
        return None if found is None else found.customer_id

    def rows(self) -> dict[str, list[Mapping[str, Any]]]:
        """Everything in every table."""
        return self.database.read_now(all_rows)


def all_rows(connection: Connection) -> dict[str, list[Mapping[str, Any]]]:
    """Read every table by its key."""
    return {
        table.name: [
            dict(row)
            for row in connection.execute(
                select(table).order_by(*table.primary_key.columns)
            ).mappings()
        ]
        for table in METADATA.sorted_tables
    }


def back_up(settings: Settings, path: Path) -> Manifest:
    """Back the database up."""
    return back_up_data(settings, path, now=datetime.now(UTC), progress=lambda _d, _t: None)


def back_up_the_keys(settings: Settings, path: Path) -> Manifest:
    """Back the key database up."""
    return back_up_keys(settings, path, now=datetime.now(UTC), progress=lambda _d, _t: None)


def put_back(
    settings: Settings,
    data: Path | None = None,
    keys: Path | None = None,
    *,
    clock: Clock = system_clock,
    **allowed: bool,
) -> Restored:
    """Restore as the command does."""
    return restore(
        settings,
        data,
        keys,
        options=RestoreOptions(**allowed),
        progress=lambda _s, _d, _t: None,
        clock=clock,
    )


def parts_of(path: Path) -> Sequence[str]:
    """Names of the tables in a backup."""
    with BackupReader(path) as backup:
        return [part.table for part in backup.manifest.parts]
