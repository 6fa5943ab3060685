"""How soon an erasure holds, and how soon it is proven, through the interface.

    python -m bench.erasure [--customers 20] [--messages 1000] [--vectors 1000] [--json OUT]

Runs the service on a fresh SQLite folder whose customers have that many messages and indexed events
each. Erases one after the other: from the request to its answer (blocked for use) and from the
request to the state PHYSICALLY_VERIFIED, first alone, then while somebody else takes one turn after
the other, whose times are told as well.
"""

import argparse
import statistics
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import numpy as np
import orjson

from assistant.bootstrap.stores import Stores
from assistant.core.events import IncomingEvent
from assistant.core.ids import CustomerId, new_id
from assistant.retrieval.generations import Generations
from assistant.retrieval.history_block import pack_history
from assistant.retrieval.terms import terms
from assistant.store.engine import Connection
from assistant.store.history_blocks import HistoryBlock
from bench.populate import THINGS, opened_stores
from bench.service import (
    Service,
    customer_token,
    make_environment,
    run_command,
    running,
    write_json,
)

PORT = 8483
DIMENSIONS = 384
SCOPES: tuple[Mapping[str, str], ...] = (
    {"scope": "everything"},
    {"scope": "category", "category": "orders"},
)
ARTICLE = "# Delivery\n\nStandard delivery takes two days."
_LOOK_S = 0.5
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure in seconds."""

    measure: str
    number: int
    median: float
    p95: float
    worst: float


def main() -> None:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--customers", type=int, default=20, help="erasures of each kind")
    parser.add_argument("--messages", type=int, default=1_000)
    parser.add_argument("--vectors", type=int, default=1_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    kinds = [(busy, scope) for busy in (False, True) for scope in SCOPES]
    subjects = [f"erased-{number}.example" for number in range(len(kinds) * options.customers)]
    with tempfile.TemporaryDirectory() as name:
        environment = make_environment(Path(name))
        run_command(environment, "init-keys")
        articles = Path(name) / "articles"
        articles.mkdir()
        (articles / "delivery.md").write_text(ARTICLE, encoding="utf-8")
        run_command(environment, "index", str(articles))
        fill(environment, subjects, messages=options.messages, vectors=options.vectors)
        with running(environment, port=PORT) as service:
            figures: list[Figure] = []
            for number, (busy, scope) in enumerate(kinds):
                some = subjects[number :: len(kinds)]
                figures += measure(service, some, scope, busy=busy)
    for figure in figures:
        print(
            f"{figure.measure:52} n {figure.number:5}   median {figure.median:6.3f}   "
            f"p95 {figure.p95:6.3f}   worst {figure.worst:6.3f}"
        )
    if options.json:
        write_json(options.json, [asdict(figure) for figure in figures])


def fill(
    environment: Mapping[str, str], subjects: Sequence[str], *, messages: int, vectors: int
) -> None:
    """Store the customers with their messages, events and packed blocks."""
    with opened_stores(environment) as (settings, stores):
        generations = Generations(folder=settings.data_dir / "index")
        embedder = generations.verify(generations.read_pointers()[0]).embedder
        for subject in subjects:
            customer = stores.database.write_now(
                lambda c, one=subject: stores.customers.get_or_create_customer(
                    c, one, at=datetime.now(UTC)
                )
            ).customer_id
            stores.database.write_now(
                lambda c, who=customer, one=subject: _remember(
                    c, stores, who, one, vectors, embedder
                )
            )
            stores.database.write_now(lambda c, who=customer: _talk(c, stores, who, messages // 2))


def _remember(
    connection: Connection,
    stores: Stores,
    customer: CustomerId,
    subject: str,
    count: int,
    embedder: str,
) -> None:
    """Store events and pack them with invented vectors, as the worker would with real ones."""
    now = datetime.now(UTC)
    rows = [(customer, _event(number, subject, now)) for number in range(count)]
    stores.events.add_events(connection, rows, at=now)
    events = stores.events.list_events(connection, customer, categories=["orders"])
    made = np.random.default_rng(7).standard_normal((len(events), DIMENSIONS))
    packed = pack_history(
        events,
        made.astype(np.float32),
        [terms(event.rendering) for event in events],
        embedder=embedder,
    )
    block = HistoryBlock(1, embedder, events[-1].event_id, len(events), packed)
    stores.blocks.save_block(connection, customer, block, first=True)
    waiting = stores.blocks.find_waiting(connection, customer)
    if waiting is not None:
        stores.blocks.settle(connection, waiting)


def _event(number: int, subject: str, now: datetime) -> IncomingEvent:
    name, order = THINGS[number % len(THINGS)], f"W{10_000 + number}"
    return IncomingEvent(
        source="https://shop.example",
        id=f"e{number}",
        type="order.placed",
        time=now,
        subject=subject,
        category="orders",
        data={"order_id": order, "items": [{"item_id": f"i{number}", "name": name}]},
        rendering=f"You ordered {name}, order {order}.",
    )


def _talk(connection: Connection, stores: Stores, customer: CustomerId, turns: int) -> None:
    """Add turns of two messages each."""
    conversation, now = new_id(), datetime.now(UTC)
    for number in range(turns):
        turn = stores.conversations.append_utterance(
            connection,
            customer,
            conversation,
            turn_id=f"t{number}",
            text=f"How long does delivery take for order {number}?",
            lang="en",
            at=now,
            open_missing=True,
        ).turn
        stores.conversations.write_reply(
            connection, customer, turn.turn_key, reply=_reply(turn.turn_id, conversation),
            state="answered", at=now,
        )  # fmt: skip


def _reply(turn_id: str, conversation: str) -> bytes:
    reply = {
        "turn_id": turn_id,
        "conversation": conversation,
        "sentences": [{"text": "Standard delivery takes two days. " * 4, "citations": []}],
        "state": "answered",
        "citations": [],
        "used": [],
        "actions": [],
        "withheld": [],
        "seq": 1,
    }
    return orjson.dumps({"v": 1, "reply": reply})


def measure(
    service: Service, subjects: Sequence[str], scope: Mapping[str, str], *, busy: bool
) -> list[Figure]:
    """Erase one customer after the other and return the figures."""
    time.sleep(1.2)  # a token belongs to the erased customer only when it is from an earlier second
    name = f"{scope['scope']}{', beside turns' if busy else ''}"
    with _turns(service, busy=busy) as turns:
        times = [_erase(service, subject, scope) for subject in subjects]
    figures = [
        _figure(f"{name}: blocked for use", [blocked for blocked, _ in times]),
        _figure(f"{name}: physically verified", [verified for _, verified in times]),
    ]
    return [*figures, _figure(f"{name}: a turn of somebody else", turns)] if turns else figures


def _erase(service: Service, subject: str, scope: Mapping[str, str]) -> tuple[float, float]:
    """Return the seconds to the answer, and to the state PHYSICALLY_VERIFIED by its own times."""
    begun = time.perf_counter()
    made = _ask(service, "/v1/me/erasures", customer_token(subject), scope)
    blocked = time.perf_counter() - begun
    address = f"/v1/me/erasures/{made['id']}"
    while time.perf_counter() - begun < _PATIENCE_S:
        found = _ask(service, address, str(made["status_token"]))
        if found["state"] in {"PHYSICALLY_VERIFIED", "BACKUP_FINAL"}:
            return blocked, blocked + _seconds_to_proof(found)
        time.sleep(_LOOK_S)
    raise RuntimeError(f"an erasure was not verified: {found['state']}, {found['problem']}")


def _seconds_to_proof(erasure: Mapping[str, object]) -> float:
    stages = {stage["state"]: stage["at"] for stage in erasure["states"]}  # type: ignore[attr-defined]
    asked, proven = (
        datetime.fromisoformat(stages[state]) for state in ("REQUESTED", "PHYSICALLY_VERIFIED")
    )
    return (proven - asked).total_seconds()


@contextmanager
def _turns(service: Service, *, busy: bool) -> Iterator[list[float]]:
    """Take one turn after the other as somebody else until the block ends."""
    times: list[float] = []
    ended = threading.Event()

    def talk() -> None:
        while not ended.is_set():
            begun = time.perf_counter()
            turn = {"turn_id": new_id(), "text": "How long does delivery take?"}
            _ask(service, "/v1/chat/turns", customer_token("bystander.example"), turn)
            times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=talk) for _ in range(4 if busy else 0)]
    for thread in threads:
        thread.start()
    try:
        yield times
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _ask(
    service: Service, path: str, token: str, body: Mapping[str, str] | None = None
) -> dict[str, object]:
    """Send a request; begins again where the rate limit stopped it."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    content = None if body is None else orjson.dumps(dict(body))
    while True:
        request = urllib.request.Request(service.url + path, content, headers)  # noqa: S310 -- our own address
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 -- as above
                found: dict[str, object] = orjson.loads(answer.read())
                return found
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.TOO_MANY_REQUESTS:
                raise
            time.sleep(int(error.headers.get("Retry-After", "1")))


def _figure(measure: str, seconds: list[float]) -> Figure:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return Figure(measure, len(ordered), statistics.median(ordered), p95, ordered[-1])


if __name__ == "__main__":
    main()
