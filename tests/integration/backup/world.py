"""Customers who each erase or withdraw something after a backup was made, and its restore."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.backup_parts import Service, back_up, put_back
from tests.databases import PostgresTemplate, SqliteTemplate
from tests.erasure_home import settings_in
from tests.fakes.clock import SteppableClock

from assistant.bootstrap.restore import Restored
from assistant.core.erasure import Scope
from assistant.core.ids import CustomerId

WORDS = ("a kettle", "a lamp")
ERASED: tuple[tuple[str, Scope], ...] = (
    ("item", "item"),
    ("conversation", "conversation"),
    ("category", "category"),
    ("all data", "all_data"),
    ("everything", "everything"),
)


@dataclass
class Before:
    """A customer as they were when the backup was made."""

    customer_id: CustomerId
    subject: str
    events: list[str]
    conversations: list[str]


@dataclass
class World:
    """A restored service, who was in the backup, and what the restore said."""

    service: Service
    restored: Restored
    before: dict[str, Before] = field(default_factory=dict)

    def events(self, name: str) -> list[str]:
        return self.service.event_ids(self.before[name].customer_id)

    def conversations(self, name: str) -> list[str]:
        return conversations_of(self.service, self.before[name].customer_id)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: SqliteTemplate,
) -> Iterator[World]:
    """One restore on each kind of database, which many tests look at."""
    folder = tmp_path_factory.mktemp("world")
    clock = SteppableClock()
    if request.param == "sqlite":
        yield from make_world(folder, sqlite_template.create(folder / "data/main.db"), clock)
        return
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    name = template.lend()
    yield from make_world(folder, template.url(name), clock)
    template.drop(name)


def make_world(folder: Path, url: str, clock: SteppableClock) -> Iterator[World]:
    """Fill a service, back it up, let customers erase and withdraw, restore, start again."""
    settings = settings_in(folder, url)
    service = Service(settings, clock)
    names = [f"{name}, {how}" for name, _ in ERASED for how in ("finished", "begun")]
    before = {name: arrive(service, name) for name in ("kept", "withdrawn", *names)}
    back_up(settings, folder / "backup")
    clock.advance(minutes=1)
    service.decide(before["withdrawn"].customer_id, "withdrawn")
    service.customer("later@mail.example")
    for how in ("finished", "begun"):
        for name, scope in ERASED:
            erase(service, before[f"{name}, {how}"], scope)
        if how == "finished":
            service.work()
    service.close()
    clock.advance(minutes=1)
    restored = put_back(settings, folder / "backup", replace=True)
    world = World(Service(settings, clock), restored, before)
    yield world
    world.service.close()


def arrive(service: Service, name: str) -> Before:
    """Make a customer with consents, two events and two conversations."""
    subject = f"{name.replace(', ', '.').replace(' ', '-')}@mail.example"
    customer = service.customer(subject)
    service.give(customer)
    service.send(subject, *WORDS)
    service.index(customer)
    for text in ("Is the kettle loud?", "Where is my lamp?"):
        service.say(customer, text)
    return Before(
        customer, subject, service.event_ids(customer), conversations_of(service, customer)
    )


def erase(service: Service, before: Before, scope: Scope) -> None:
    """Ask for an erasure of the first that there is of a scope."""
    targets = {
        "item": before.events[0],
        "conversation": before.conversations[0],
        "category": "browsing",
    }
    service.erase(before.customer_id, scope, targets.get(scope))


def conversations_of(service: Service, customer_id: str) -> list[str]:
    return [
        str(row["conversation_id"])
        for row in service.rows()["conversations"]
        if row["customer_id"] == customer_id
    ]
