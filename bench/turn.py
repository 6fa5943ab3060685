"""Speed of a whole durable turn through the WebSocket, against plain sentence-transformers.

    python -m bench.turn [--turns 200] [--customers 100000] [--json OUT]

What is measured in one run: (1) ``SentenceTransformer.encode`` of the same texts, alone; (2) a turn
from sending the frame to receiving the whole reply, at 1, 16 and 64 clients, with the share of each
stage; (3) the same at one client with 10 and with many customers in the database. Rounds of (1) and
(2) alternate, so that a slow minute of the machine slows both.
"""

import argparse
import asyncio
import itertools
import re
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

import aiohttp
from rich.console import Console
from rich.table import Table
from sentence_transformers import SentenceTransformer

from assistant.adapters.model_files import find_model
from assistant.retrieval.generations import Generations
from bench.populate import populate
from bench.service import (
    Service,
    customer_token,
    make_environment,
    run_command,
    running,
    write_json,
)

TEXTS = (
    "how do I descale my kettle when the water is hard",
    "can I still send back a vacuum cleaner I bought three weeks ago",
    "when does the van come if I book a two hour slot",
    "what happens when something is missing from my delivery",
    "how long does the refund take to my bank account",
    "my coffee subscription should pause over the holidays",
    "is it safe to freeze chicken again after it was cooked",
    "do you sharpen kitchen knives in your stores",
    "where is my order with the kettle",
    "when did I order the air fryer",
)


class Shape(TypedDict):
    """The arguments of ``populate`` that all settings share."""

    items: int
    embedder: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Speed:
    """Latencies of one setting, in milliseconds, and its throughput."""

    clients: int
    turns: int
    p50: float
    p99: float
    turns_per_second: float
    loop_lag_p99: float


_NUMBERS = itertools.count(1000)


def texts() -> Iterator[str]:
    """Yield texts that are never the same twice, so that no cache answers for the encoder."""
    for text in itertools.cycle(TEXTS):
        yield f"{text}, {next(_NUMBERS)}"


async def one_client(
    service: Service, subject: str, turns: int, source: Iterator[str]
) -> list[float]:
    """Open a socket as ``subject``, take ``turns`` turns, and return their times in seconds."""
    times: list[float] = []
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{service.url}/v1/chat", origin=service.url) as socket,
    ):
        await socket.send_json({"type": "hello", "token": customer_token(subject)})
        while (await socket.receive_json(timeout=30))["type"] != "welcome":
            pass
        for _ in range(turns):
            turn_id = uuid.uuid4().hex
            begun = time.perf_counter()
            await socket.send_json({"type": "turn", "turn_id": turn_id, "text": next(source)})
            await _reply(socket, turn_id)
            times.append(time.perf_counter() - begun)
    return times


async def _reply(socket: aiohttp.ClientWebSocketResponse, turn_id: str) -> None:
    while True:
        frame = await socket.receive_json(timeout=60)
        if frame["type"] == "reply" and frame["turn_id"] == turn_id:
            return
        if frame["type"] == "problem":
            raise RuntimeError(f"a turn was refused: {frame}")


async def many_clients(
    service: Service, clients: int, turns: int, subjects: Sequence[str]
) -> Speed:
    """Run ``clients`` side by side, ``turns`` turns in all."""
    source = texts()
    each = max(4, turns // clients)
    picked = [subjects[i % len(subjects)] for i in range(clients)]
    before = lag_buckets(service)
    begun = time.perf_counter()
    runs = await asyncio.gather(*(one_client(service, s, each, source) for s in picked))
    seconds = time.perf_counter() - begun
    times = sorted(1000 * t for run in runs for t in run[1:])
    return Speed(
        clients=clients,
        turns=len(times),
        p50=statistics.median(times),
        p99=times[min(len(times) - 1, int(len(times) * 0.99))],
        turns_per_second=clients * each / seconds,
        loop_lag_p99=1000 * quantile(before, lag_buckets(service), 0.99),
    )


def lag_buckets(service: Service) -> dict[float, float]:
    """Return the cumulative buckets of the event loop's lag, by upper bound in seconds."""
    form = r'assistant_event_loop_lag_spread_seconds_bucket\{le="([^"]+)"\} (\S+)'
    return {float(le): float(count) for le, count in re.findall(form, service.metrics())}


def quantile(before: dict[float, float], after: dict[float, float], share: float) -> float:
    """Return the upper bound of the bucket in which ``share`` of the new samples is reached."""
    new = {bound: after[bound] - before.get(bound, 0.0) for bound in sorted(after)}
    total = max(new.values(), default=0.0)
    return next((bound for bound, count in new.items() if count >= share * total), 0.0)


def plain_encode(turns: int) -> list[float]:
    """Return the times of ``SentenceTransformer.encode``, one text a call, in milliseconds."""
    model, source = _plain_model(), texts()
    times = []
    for _ in range(turns):
        text = next(source)
        begun = time.perf_counter()
        model.encode(text)
        times.append(1000 * (time.perf_counter() - begun))
    return times[2:]


_MODEL: list[object] = []


def _plain_model():  # type: ignore[no-untyped-def]  # noqa: ANN202 -- the library has no types
    if not _MODEL:
        _MODEL.append(SentenceTransformer(str(find_model("packaged").folder), device="cpu"))
    return _MODEL[0]


def stage_shares(
    before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]
) -> dict[str, float]:
    """Return the mean milliseconds of each stage between two readings."""
    shares = {}
    for stage, (seconds, count) in after.items():
        earlier = before.get(stage, (0.0, 0.0))
        if count > earlier[1]:
            shares[stage] = 1000 * (seconds - earlier[0]) / (count - earlier[1])
    return shares


def measure(turns: int, customers: int) -> dict[str, object]:
    """Run everything once and return the figures."""
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = make_environment(Path(folder))
        run_command(environment, "init-keys")
        run_command(environment, "index")
        subjects = populate(environment, customers=10, **_shape(environment))
        with running(environment, port=18080) as service:
            plain, single, stages = _alternating(service, turns, subjects)
            many = [asyncio.run(many_clients(service, n, turns * 2, subjects)) for n in (16, 64)]
        figures["stages_ms"] = stages
        figures["all_but_encoding_ms"] = single.p50 - stages["encode"]
        figures["plain_encode_p50_ms"] = plain
        figures["speeds"] = [asdict(speed) for speed in (single, *many)]
        figures["turn_to_plain_encode"] = single.p50 / plain
        if customers:
            figures["customers"] = customers
            figures["many_to_few_customers"] = _many_customers(
                environment, turns, customers, subjects
            )
    return figures


def _shape(environment: dict[str, str]) -> "Shape":
    """Return what every synthetic history is like, fitting the index that was built."""
    generations = Generations(folder=Path(environment["ASSISTANT_DATA_DIR"]) / "index")
    manifest = generations.verify(generations.read_pointers()[0])
    return {"items": 10, "embedder": manifest.embedder, "dimensions": 384}


def _alternating(
    service: Service, turns: int, subjects: Sequence[str]
) -> tuple[float, Speed, dict[str, float]]:
    """Return plain encoding's p50, a turn's speed and its stages, all of the same rounds."""
    asyncio.run(many_clients(service, 1, 20, subjects))
    plain_encode(10)
    before, rounds = service.stage_sums(), []
    for _ in range(4):
        plain = plain_encode(turns // 4)
        rounds.append((plain, asyncio.run(many_clients(service, 1, turns // 4, subjects))))
    middle = sorted((speed for _, speed in rounds), key=lambda speed: speed.p50)[len(rounds) // 2]
    every = [time for times, _ in rounds for time in times]
    return statistics.median(every), middle, stage_shares(before, service.stage_sums())


def _many_customers(
    environment: dict[str, str], turns: int, customers: int, few: Sequence[str]
) -> float:
    """Return p50 with many customers over p50 with few, both measured again, alternating."""
    folder = Path(environment["ASSISTANT_DATA_DIR"]).parent
    crowd = make_environment(folder / "crowd")
    run_command(crowd, "init-keys")
    for part in ("index", "models"):  # the same knowledge and model, without building them twice
        source = folder / "data" / part
        if source.exists():
            shutil.copytree(source, folder / "crowd" / "data" / part)
    subjects = populate(crowd, customers=customers, **_shape(crowd))
    ratios = []
    with running(environment, port=18081) as small, running(crowd, port=18082) as large:
        for service, who in ((small, few), (large, subjects)):
            asyncio.run(many_clients(service, 1, 20, who))
        for _ in range(5):
            base = asyncio.run(many_clients(small, 1, turns // 4, few))
            full = asyncio.run(many_clients(large, 1, turns // 4, subjects[-10:]))
            ratios.append(full.p50 / base.p50)
    return statistics.median(ratios)


def show(figures: dict[str, object]) -> None:
    """Print the figures as tables."""
    console = Console()
    table = Table(title="A durable turn through the WebSocket")
    for name in ("clients", "turns", "p50 ms", "p99 ms", "turns/s", "loop lag p99 ≤ ms"):
        table.add_column(name, justify="right")
    for speed in figures["speeds"]:  # type: ignore[attr-defined]
        table.add_row(
            *(
                f"{value:.1f}" if isinstance(value, float) else str(value)
                for value in speed.values()
            )
        )
    console.print(table)
    stages = Table(title="Stages at one client, mean")
    stages.add_column("stage")
    stages.add_column("ms", justify="right")
    for stage, value in figures["stages_ms"].items():  # type: ignore[attr-defined]
        stages.add_row(stage, f"{value:.2f}")
    console.print(stages)
    console.print(f"plain SentenceTransformer.encode p50: {figures['plain_encode_p50_ms']:.2f} ms")
    console.print(f"turn / plain encode, p50: {figures['turn_to_plain_encode']:.2f}")
    console.print(f"all of a turn but its encoding: {figures['all_but_encoding_ms']:.2f} ms")
    if "many_to_few_customers" in figures:
        ratio = figures["many_to_few_customers"]
        console.print(f"{figures['customers']:,} customers / 10 customers, p50: {ratio:.3f}")


def main() -> None:
    """Measure, print, and write the JSON beside."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=400, help="turns a setting")
    parser.add_argument(
        "--customers", type=int, default=100_000, help="size of the crowd; 0 leaves it out"
    )
    parser.add_argument("--json", type=Path, default=Path("bench/results/turn.json"))
    words = parser.parse_args()
    figures = measure(words.turns, words.customers)
    show(figures)
    write_json(words.json, figures)


if __name__ == "__main__":
    main()
