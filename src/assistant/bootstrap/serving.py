"""Runs the service: the web layer over the assembled assistant, with its workers beside."""

import asyncio
import gc
import sys
from collections.abc import Callable, Sequence

from assistant.adapters.local_message_bus import LocalMessageBus
from assistant.adapters.redis_message_bus import RedisMessageBus
from assistant.bootstrap import own_services
from assistant.bootstrap.access_watch import open_access_worker
from assistant.bootstrap.assembly import Assistant, build
from assistant.bootstrap.erasure_serving import (
    erasure_finding,
    erasure_loops,
    known_customers,
    known_visitors,
    own_erasures,
)
from assistant.bootstrap.ledger_serving import ledger_loop
from assistant.bootstrap.visits import join_visits
from assistant.core.errors import AssistantError
from assistant.core.message_bus import MessageBus, Topic
from assistant.settings import Settings
from assistant.store.engine import Database
from assistant.web.app import build_app
from assistant.web.event_sink import StoreEvents
from assistant.web.logs import configure_logs
from assistant.web.metrics import Metrics
from assistant.web.server import run
from assistant.web.services import (
    DemoCustomer,
    IdentityConfig,
    ReadinessFinding,
    Services,
    WebLimits,
)
from assistant.workers.access_worker import PERIOD
from assistant.workers.history_worker import HistoryWorker
from assistant.workers.knowledge_worker import KnowledgeWorker
from assistant.workers.supervised_loop import SupervisedLoop
from assistant.workers.worker_group import WorkerGroup

SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread that computes lets the event loop on; Python's own 5 ms add up, one
for each busy thread, to a lag that sixteen customers notice."""


def serve(
    settings: Settings, announce: Callable[[str], None], *, accept_lost_ledger: bool = False
) -> None:
    """Run the service until it is told to stop."""
    with build(settings, accept_lost_ledger=accept_lost_ledger) as assistant:
        run_server(assistant, announce)


def run_server(
    assistant: Assistant,
    announce: Callable[[str], None],
    *,
    demo_customers: tuple[DemoCustomer, ...] = (),
) -> None:
    """Serve ``assistant`` on its host and port; ``announce`` gets the pages to open."""
    settings = assistant.settings
    configure_logs(settings.log_format)
    sys.setswitchinterval(SWITCH_INTERVAL)
    bus = open_bus(settings)
    metrics = Metrics()
    workers = join_workers(assistant, bus, metrics)
    services = join_services(assistant, bus, workers, demo_customers, metrics)
    app = build_app(services)

    async def start(_: object) -> None:
        await bus.start()
        workers.start()
        _leave_alone_what_stays()

    app.on_startup.append(start)

    def say_where(address: str) -> None:
        announce(f"Chat          {address}/")
        announce(f"Interface     {address}/docs")
        announce(f"Health        {address}/readyz")

    run(app, host=settings.host, port=settings.port, announce=say_where)


def _leave_alone_what_stays() -> None:
    """Take what was loaded at start out of garbage collection.

    The index alone is hundreds of thousands of objects; looking through them stops every customer
    for some fifty milliseconds, and none of them ever becomes garbage.
    """
    gc.collect()
    gc.freeze()


def open_bus(settings: Settings) -> MessageBus:
    """Return the bus for wake-ups: Redis between processes, or within this one."""
    if settings.redis_url:
        return RedisMessageBus(url=settings.redis_url)
    return LocalMessageBus()


def join_workers(
    assistant: Assistant, bus: MessageBus, metrics: Metrics | None = None
) -> WorkerGroup:
    """Return the loops that run beside the web layer; ``metrics`` counts their alarms."""
    access = open_access_worker(assistant, (metrics or Metrics()).count_access_alarm)
    histories = HistoryWorker(indexer=assistant.history_indexer, clock=assistant.clock)
    knowledge = KnowledgeWorker(
        store=assistant.knowledge,
        builder=assistant.index_builder,
        knowledge=assistant.knowledge_source.current,
        bus=bus,
        clock=assistant.clock,
    )
    return WorkerGroup(
        bus=bus,
        loops=(
            SupervisedLoop(name="history", work=histories.work, topic=Topic.HISTORY),
            *erasure_loops(assistant, bus),
            SupervisedLoop(
                name="knowledge", work=knowledge.work, topic=Topic.KNOWLEDGE, period=2.0
            ),
            SupervisedLoop(name="access", work=access.work, period=PERIOD),
            ledger_loop(assistant),
        ),
    )


def join_services(
    assistant: Assistant,
    bus: MessageBus,
    workers: WorkerGroup,
    demo_customers: tuple[DemoCustomer, ...],
    metrics: Metrics | None = None,
) -> Services:
    """Return what the web layer is given."""
    metrics, backlog = metrics or Metrics(), assistant.stores.database.backlog
    metrics.watch("assistant_writer_queue_length", "Writes that wait.", backlog)
    return Services(
        turns=assistant.turn_handler(metrics.observe_stage),
        customers=known_customers(assistant),
        visitors=known_visitors(assistant),
        consents=own_services.own_consents(assistant),
        question_steps=own_services.own_questions(assistant),
        own_facts=own_services.own_facts(assistant),
        erasures=own_erasures(assistant, bus),
        notices=assistant.erasing.notices,
        receipts=own_services.own_receipts(assistant),
        joining=join_visits(assistant, bus),
        signing_keys=assistant.signer.key_document(),
        records=own_services.own_records(assistant),
        own_data=own_services.own_data(assistant),
        own_exports=own_services.own_exports(assistant),
        events=_event_sink(assistant, bus),
        identity=_identity(assistant),
        metrics=metrics,
        limits=_limits(assistant.settings),
        clock=assistant.clock,
        readiness=lambda: _readiness(assistant),
        close=lambda: _stop(workers, bus),
        assistant_name=assistant.pack.assistant_name,
        languages=assistant.pack.languages,
        demo_customers=demo_customers,
    )


def _event_sink(assistant: Assistant, bus: MessageBus) -> StoreEvents:
    return StoreEvents(
        database=assistant.stores.database,
        intake=assistant.intake.intake,
        parser=assistant.intake.parser,
        on_stored=lambda: bus.publish(Topic.HISTORY),
    )


async def _stop(workers: WorkerGroup, bus: MessageBus) -> None:
    await workers.stop()
    await bus.close()


def _identity(assistant: Assistant) -> IdentityConfig:
    settings = assistant.settings
    secret, api_key = settings.identity_secret, settings.events_api_key
    return IdentityConfig(
        visitor_key=assistant.stores.vault.service_key("visitor-tokens"),
        secret=secret.get_secret_value().encode() if secret else None,
        public_key=settings.identity_public_key,
        audience=settings.audience,
        issuer=settings.issuer,
        events_api_keys=(api_key.get_secret_value(),) if api_key else (),
        allowed_origins=tuple(settings.allowed_origins),
    )


def _limits(settings: Settings) -> WebLimits:
    return WebLimits(
        turns_per_minute=settings.turns_per_minute,
        visitors_per_minute=settings.visitors_per_minute,
    )


def _database_finding(database: Database) -> ReadinessFinding:
    try:
        behind = database.pending_migrations()
    except AssistantError:
        return ReadinessFinding("database", "failed", "the database does not answer")
    return ReadinessFinding(
        "database", "failed" if behind else "ok", "tables are behind" if behind else ""
    )


async def _readiness(assistant: Assistant) -> Sequence[ReadinessFinding]:
    """Ask what a turn depends on: the database, its tables, and the knowledge index."""
    knowledge = assistant.knowledge
    findings = [await asyncio.to_thread(_database_finding, assistant.stores.database)]
    if knowledge.current() is None:
        findings.append(ReadinessFinding("knowledge", "failed", "the index is being built"))
    elif knowledge.problem:
        findings.append(ReadinessFinding("knowledge", "degraded", knowledge.problem.message))
    else:
        findings.append(ReadinessFinding("knowledge", "ok"))
    findings.append(await erasure_finding(assistant))
    return findings
