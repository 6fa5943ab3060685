"""Measure how fast a customer with a long history is shown everything that is stored of them.

    python bench/transparency.py [--events 5000] [--repeats 20] [--json OUT]

Runs the service on a fresh SQLite folder with one customer: that many events (with vectors), a
tenth as many messages, uses and readings. Asks `/v1/me/data` for the first page, for every page one
after the other, and for the export, and asks `/healthz` all the while: the longest of those answers
shows whether somebody else had to wait.
"""

import argparse
import statistics
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import numpy as np
import orjson

from assistant.bootstrap.stores import Stores
from assistant.core.actor import Role
from assistant.core.events import IncomingEvent
from assistant.core.ids import CustomerId, new_id
from assistant.retrieval.history_block import pack_history
from assistant.retrieval.terms import terms
from assistant.store.access_log import Access
from assistant.store.engine import Connection
from assistant.store.history_blocks import HistoryBlock
from assistant.store.uses import Use
from bench.populate import THINGS, opened_stores
from bench.service import (
    Service,
    customer_token,
    make_environment,
    run_command,
    running,
    write_json,
)

SUBJECT = "customer-with-a-long-history.example"
DIMENSIONS = 384
PORT = 8479


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure; seconds unless its name says otherwise."""

    measure: str
    median: float
    worst: float


def main() -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=5_000)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        environment = make_environment(Path(name))
        articles = Path(name) / "articles"
        articles.mkdir()
        (articles / "hours.md").write_text("# Opening hours\n\nWe open at 8.", encoding="utf-8")
        run_command(environment, "init-keys")
        run_command(environment, "index", str(articles))
        with opened_stores(environment) as (_, stores):
            fill(stores, options.events)
        with running(environment, port=PORT) as service:
            figures = measure(service, options.repeats)
    for figure in figures:
        print(f"{figure.measure:36} median {figure.median:8.3f}   worst {figure.worst:8.3f}")
    if options.json:
        write_json(options.json, [asdict(figure) for figure in figures])


def fill(stores: Stores, count: int) -> None:
    """Store the customer and everything of theirs."""
    now = datetime.now(UTC)

    def make(connection: Connection) -> CustomerId:
        return stores.customers.get_or_create_customer(connection, SUBJECT, at=now).customer_id

    customer = stores.database.write_now(make)
    for start in range(0, count, 500):
        chunk = [
            (customer, _event(number, now)) for number in range(start, min(start + 500, count))
        ]
        stores.database.write_now(lambda c, rows=chunk: stores.events.add_events(c, rows, at=now))
    stores.database.write_now(lambda c: _index(c, stores, customer))
    stores.database.write_now(lambda c: _talk(c, stores, customer, count // 10, now))


def _event(number: int, now: datetime) -> IncomingEvent:
    name, order = THINGS[number % len(THINGS)], f"W{10_000 + number}"
    return IncomingEvent(
        source="https://shop.example",
        id=f"e{number}",
        type="order.placed",
        time=now - timedelta(hours=number),
        subject=SUBJECT,
        category="orders",
        data={"order_id": order, "items": [{"item_id": f"i{number}", "name": name}]},
        rendering=f"You ordered {name}, order {order}.",
    )


def _index(connection: Connection, stores: Stores, customer: CustomerId) -> None:
    """Pack the events with invented vectors, as the worker would with real ones."""
    events = stores.events.list_events(connection, customer, categories=["orders"])
    vectors = np.random.default_rng(7).standard_normal((len(events), DIMENSIONS))
    packed = pack_history(
        events,
        vectors.astype(np.float32),
        [terms(event.rendering) for event in events],
        embedder="bench",
    )
    block = HistoryBlock(1, "bench", events[-1].event_id, len(events), packed)
    stores.blocks.save_block(connection, customer, block)


def _talk(
    connection: Connection, stores: Stores, customer: CustomerId, turns: int, now: datetime
) -> None:
    """Add messages, each of which used an event that somebody's reading opened."""
    ids = stores.events.list_event_ids(connection, customer)
    conversation = new_id()
    for number in range(turns):
        turn = stores.conversations.append_utterance(
            connection,
            customer,
            conversation,
            turn_id=f"t{number}",
            text=f"Where is my order {number}?",
            lang="en",
            at=now,
            open_missing=True,
        ).turn
        use = Use("event", ids[number], "orders", "answer_from_history", now, turn.turn_key)
        stores.uses.add_uses(connection, customer, [use])
        read = Access(
            Role.ASSISTANT,
            "answer_from_history",
            frozenset({"orders"}),
            len(ids),
            (ids[number],),
            now,
            turn.turn_key,
        )
        stores.access_log.add_access(connection, customer, read)


def measure(service: Service, repeats: int) -> list[Figure]:
    """Return how long each way of asking takes."""
    with _others(service) as waits:
        first = [_timed(lambda: _get(service, "/v1/me/data")) for _ in range(repeats)]
        linked = [
            _timed(lambda: _get(service, "/v1/me/data", accept="application/ld+json"))
            for _ in range(repeats)
        ]
        default = [_timed(lambda: _every_page(service, 200)) for _ in range(3)]
        large = [_timed(lambda: _every_page(service, 500)) for _ in range(3)]
        export = [_timed(lambda: _get(service, "/v1/me/export")) for _ in range(3)]
    return [
        _figure("first page (200 items)", first),
        _figure("first page as JSON-LD", linked),
        _figure("all pages of 200", default),
        _figure("all pages of 500", large),
        _figure("export", export),
        _figure("somebody else's /healthz meanwhile", waits),
    ]


def _figure(measure: str, seconds: list[float]) -> Figure:
    return Figure(measure, statistics.median(seconds), max(seconds))


def _every_page(service: Service, limit: int) -> None:
    cursor = ""
    while True:
        answer = orjson.loads(_get(service, f"/v1/me/data?limit={limit}{cursor}"))
        if answer["cursor"] is None:
            return
        cursor = f"&cursor={answer['cursor']}"


def _get(service: Service, path: str, accept: str = "application/json") -> bytes:
    headers = {"Authorization": f"Bearer {customer_token(SUBJECT)}", "Accept": accept}
    request = urllib.request.Request(service.url + path, headers=headers)  # noqa: S310 -- our own address
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 -- as above
        return bytes(answer.read())


def _timed(work: Callable[[], object]) -> float:
    """Return the seconds ``work`` takes; begins again where the rate limit stopped it."""
    while True:
        begun = time.perf_counter()
        try:
            work()
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.TOO_MANY_REQUESTS:
                raise
            time.sleep(int(error.headers.get("Retry-After", "10")))
        else:
            return time.perf_counter() - begun


@contextmanager
def _others(service: Service) -> Iterator[list[float]]:
    """Ask for `/healthz` twenty times a second until the block ends."""
    waits: list[float] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(0.05):
            waits.append(_timed(lambda: _get(service, "/healthz")))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    main()
