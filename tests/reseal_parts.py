"""A customer who left something in each of the first tables, to be sealed under another key."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from assistant.core.events import IncomingEvent
from assistant.core.ids import CustomerId
from assistant.store.consents import ConsentEntry, ConsentRepository
from assistant.store.conversations import ConversationRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.store.events import EventRepository
from assistant.store.history_blocks import HistoryBlock, HistoryBlockRepository
from assistant.store.reseal import CustomerReseal
from assistant.store.tables import CATALOGUE, ColumnKind
from assistant.vault.envelope import number_of
from assistant.vault.vault import Vault

AT = datetime(2026, 3, 2, tzinfo=UTC)
EXECUTING = text(
    "INSERT INTO erasures (customer_id, erasure_id, scope, cause, state, requested_at, "
    "status_hash, counts, attempts) VALUES (:c, 'e', 'category', 'customer', 'BLOCKED_FOR_USE', "
    "0, :hash, '{}', 0)"
)


def event(number: int, name: str = "Alder kettle") -> IncomingEvent:
    return IncomingEvent(
        source="shop",
        id=f"order-{number}",
        type="order.placed",
        time=AT,
        subject="ada@mail.example",
        category="orders",
        data={"items": [{"name": name, "price": 19.9}], "order_id": f"W{number}"},
        rendering=f"You ordered an {name}",
    )


@dataclass
class Life:
    """One customer who left something in each of the first tables."""

    database: Database
    vault: Vault
    customer_id: CustomerId

    @classmethod
    def begin(cls, database: Database, vault: Vault) -> "Life":
        customers = CustomerRepository(vault=vault)
        made = database.write_now(
            lambda c: customers.get_or_create_customer(c, "ada@mail.example", at=AT)
        )
        life = cls(database, vault, made.customer_id)
        database.write_now(life._live)
        return life

    def _live(self, connection: Connection) -> None:
        conversations = ConversationRepository(vault=self.vault)
        for n in range(7):
            turn = conversations.append_utterance(
                connection, self.customer_id, "c1", turn_id=f"t{n}", text=f"question {n}",
                lang="en", at=AT, open_missing=True,
            ).turn  # fmt: skip
            if n % 2:
                conversations.write_reply(
                    connection, self.customer_id, turn.turn_key, reply=b"reply %d" % n,
                    state="answered", at=AT,
                )  # fmt: skip
        events = EventRepository(vault=self.vault)
        events.add_events(connection, [(self.customer_id, event(n)) for n in range(5)], at=AT)
        block = HistoryBlock(1, "hashing-384", "e1", 5, b"vectors" * 1000)
        HistoryBlockRepository(vault=self.vault).save_block(connection, self.customer_id, block)
        entry = ConsentEntry("learn_why", 1, "orders", "given", AT, "ab" * 32, "web", {"page": "x"})
        ConsentRepository(vault=self.vault).append(connection, self.customer_id, [entry])
        connection.execute(EXECUTING, {"c": self.customer_id, "hash": bytes(32)})

    def told(self, connection: Connection) -> list[object]:
        """Return everything that is sealed, opened by a vault that remembers nothing."""
        self.vault.forget_all()
        customer_id = self.customer_id
        turns = ConversationRepository(vault=self.vault).list_turns(connection, customer_id, "c1")
        return [
            CustomerRepository(vault=self.vault).get_external_id(connection, customer_id),
            [(turn.text, turn.reply) for turn in turns],
            EventRepository(vault=self.vault).list_events(
                connection, customer_id, categories=["orders"]
            ),
            HistoryBlockRepository(vault=self.vault).find_block(connection, customer_id),
            ConsentRepository(vault=self.vault).find_evidence(connection, customer_id, 1),
        ]

    def numbers(self, connection: Connection) -> set[int]:
        """Return the numbers of the data keys that values of any table are sealed under."""
        return {
            number_of(bytes(value))
            for table, rule in CATALOGUE.items()
            for column, kind in rule.columns.items()
            if kind is ColumnKind.SEALED
            for value in connection.execute(
                text(f"SELECT {column} FROM {table} WHERE customer_id = :c"),
                {"c": self.customer_id},
            ).scalars()
            if value is not None
        }

    def rekey(self, *, limit: int = 64) -> int:
        """Seal everything anew and destroy the old keys; return the steps that it took."""
        number = self.vault.add_data_key(self.customer_id)
        reseal = CustomerReseal(vault=self.vault)
        self.database.write_now(lambda c: reseal.move_fence(c, self.customer_id))
        steps = 1
        while self.database.write_now(lambda c: reseal.step(c, self.customer_id, limit=limit)):
            steps += 1
        self.vault.destroy_data_keys(self.customer_id, below=number)
        return steps
