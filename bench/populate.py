"""Fills a database with synthetic customers: real keys, real sealed blocks, invented vectors."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
from rich.progress import track

from assistant.bootstrap.stores import Stores
from assistant.core.events import HistoryEvent
from assistant.core.ids import CustomerId, EventId, new_id
from assistant.profile.consent.ledger import ConsentDecision, ConsentLedger
from assistant.profile.pack.loading import load_pack
from assistant.retrieval.history_block import pack_history
from assistant.retrieval.terms import terms
from assistant.settings import Settings
from assistant.store.engine import Connection
from assistant.store.history_blocks import HistoryBlock

THINGS = (
    "Alder 1.7 L electric kettle", "Brio espresso machine", "Cedar stand mixer",
    "Dune cordless vacuum", "Fennel slow cooker", "Ember air fryer", "Linden wool duvet",
    "Oak cast-iron pan 26 cm", "Pebble water filter jug", "Reed floor lamp",
)  # fmt: skip
_CONSENTING = 10
_CHUNK = 200


def populate(
    environment: Mapping[str, str], *, customers: int, items: int, embedder: str, dimensions: int
) -> list[str]:
    """Make ``customers`` with ``items`` events each; the last ten let their orders be used.

    Returns:
        The company's ids of the last ten.
    """
    subjects = [f"customer-{number}.example" for number in range(customers)]
    random = np.random.default_rng(7)
    with opened_stores(environment) as (settings, stores):
        for start in track(range(0, customers, _CHUNK), description="customers", transient=True):
            chunk = subjects[start : start + _CHUNK]
            vectors = random.standard_normal((len(chunk), items, dimensions)).astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)

            def work(
                connection: Connection,
                chunk: list[str] = chunk,
                vectors: "np.ndarray[tuple[int, int, int], np.dtype[np.float32]]" = vectors,
            ) -> None:
                found = stores.customers.get_or_create_customers(
                    connection, chunk, at=datetime.now(UTC)
                )
                for row, subject in enumerate(chunk):
                    block = _block(items, vectors[row], embedder)
                    stores.blocks.save_block(connection, found[subject].customer_id, block)

            stores.database.write_now(work)
        _let_orders_be_used(settings, stores, subjects[-_CONSENTING:])
    return subjects[-_CONSENTING:]


def _block(
    items: int, vectors: "np.ndarray[tuple[int, int], np.dtype[np.float32]]", embedder: str
) -> HistoryBlock:
    events = [_event(number) for number in range(items)]
    packed = pack_history(
        events, vectors, [terms(event.rendering) for event in events], embedder=embedder
    )
    covers = max(event.event_id for event in events)
    return HistoryBlock(version=1, embedder=embedder, covers=covers, items=items, packed=packed)


def _event(number: int) -> HistoryEvent:
    name = THINGS[number % len(THINGS)]
    order = f"W{10_000 + number}"
    item = {"item_id": f"i{number}", "name": name, "quantity": 1, "price": 39.0}
    return HistoryEvent(
        event_id=EventId(new_id()),
        source="https://shop.example",
        id=f"e{number}",
        type="order.placed",
        time=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number % 300),
        category="orders",
        data={"order_id": order, "items": [item]},  # type: ignore[dict-item]
        rendering=f"You ordered {name}, order {order}.",
    )


def _let_orders_be_used(settings: Settings, stores: Stores, subjects: list[str]) -> None:
    pack = load_pack(settings.knowledge)
    ledger = ConsentLedger(pack=pack, consents=stores.consents, customers=stores.customers)
    purpose = "answer_from_history"
    disclosure = pack.disclose(purpose)

    def work(connection: Connection) -> None:
        for subject in subjects:
            customer = stores.customers.find_customer(connection, subject)
            if customer is None:
                raise LookupError("a customer that was just made is missing")
            ledger.decide(
                connection,
                _given(
                    customer.customer_id, disclosure.text_sha256, pack.purposes[purpose].version
                ),
            )

    stores.database.write_now(work)


def _given(customer_id: CustomerId, text_sha256: str, version: int) -> ConsentDecision:
    return ConsentDecision(
        customer_id=customer_id,
        purpose="answer_from_history",
        decision="given",
        channel="bench",
        at=datetime.now(UTC),
        version=version,
        text_sha256=text_sha256,
        categories=frozenset({"orders", "returns"}),
    )


@contextmanager
def opened_stores(environment: Mapping[str, str]) -> Iterator[tuple[Settings, Stores]]:
    """Open the databases that ``environment`` names, and close them when the block ends."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        settings = Settings()
        stores = Stores.open(settings)
    finally:
        os.environ.clear()
        os.environ.update(before)
    try:
        yield settings, stores
    finally:
        stores.close()
